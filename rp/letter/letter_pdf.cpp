// Letters as PDF, drawn by Pango and Cairo. All lengths are millimetres; the page is A4.
#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <memory>

#include "qr/qr.h"
#include "rp/letter/errors.h"
#include "rp/letter/letter.h"

namespace tegata::letter {
namespace {

namespace e = errors;

constexpr double point = 72.0 / 25.4;  // points in a millimetre
constexpr double page_width = 210, page_height = 297, margin = 20, text_width = page_width - 2 * margin;
constexpr double qr_side = 50;  // with its quiet zone; the code itself is above 40 mm
constexpr double foot_top = page_height - 34;

struct Font {
  const char* family;
  double size;  // points
  bool bold = false;
};
constexpr Font body{"Noto Sans CJK JP", 11}, heading{"Noto Sans CJK JP", 16, true}, addressee{"Noto Sans CJK JP", 14},
    small{"Noto Sans CJK JP", 9}, letters{"Noto Sans Mono CJK JP", 28, true};

template <auto release>
struct Unref {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};
using Layout = std::unique_ptr<PangoLayout, Unref<g_object_unref>>;
using FontDescription = std::unique_ptr<PangoFontDescription, Unref<pango_font_description_free>>;

// One document. Layouts of texts that many letters share are shaped once.
class Document {
 public:
  explicit Document(const std::string& path)
      : surface_(cairo_pdf_surface_create(path.c_str(), page_width * point, page_height * point)),
        cairo_(cairo_create(surface_.get())) {
    cairo_scale(cairo_.get(), point, point);
  }

  Status add(const Page& page) {
    double y = margin;
    TEGATA_TRY(text(addressee, page.addressee, margin, y, 4, false));
    TEGATA_TRY(text(heading, page.title, margin, y, 5));
    for (const auto& paragraph : page.paragraphs) TEGATA_TRY(text(body, paragraph, margin, y, 2, false));
    if (!page.qr.empty()) TEGATA_TRY(code(page.qr, y));
    if (!page.password.empty()) TEGATA_TRY(password(page.password, y));
    y += 4;
    for (std::size_t i = 0; i < page.steps.size(); ++i) {
      const double top = y;
      TEGATA_TRY(text(body, page.steps[i], margin + 7, y, 2));
      double same = top;
      TEGATA_TRY(text(body, std::to_string(i + 1) + ".", margin, same, 0));
    }
    TEGATA_TRY(warnings(page.warnings, y));
    y = foot_top;
    for (const auto& line : page.foot) TEGATA_TRY(text(small, line, margin, y, 1, false));
    cairo_show_page(cairo_.get());
    return {};
  }

  Status finish() {
    cairo_surface_finish(surface_.get());
    const auto status = cairo_surface_status(surface_.get());
    if (status != CAIRO_STATUS_SUCCESS) return Error(e::letter_not_written, cairo_status_to_string(status));
    return {};
  }

 private:
  Layout shape(const Font& font, const std::string& words, double width) {
    Layout layout(pango_cairo_create_layout(cairo_.get()));
    // Positions are millimetres here: rounded to whole ones, letters would fall upon each other.
    pango_context_set_round_glyph_positions(pango_layout_get_context(layout.get()), FALSE);
    FontDescription description(pango_font_description_new());
    pango_font_description_set_family(description.get(), font.family);
    // The page is scaled to millimetres, and so is the font.
    pango_font_description_set_absolute_size(description.get(), font.size / point * PANGO_SCALE);
    if (font.bold) pango_font_description_set_weight(description.get(), PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout.get(), description.get());
    pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout.get(), 1.2F);
    pango_layout_set_text(layout.get(), words.data(), static_cast<int>(words.size()));
    return layout;
  }

  // Text at (x, y); y moves below it. What differs from letter to letter is not kept.
  Status text(const Font& font, const std::string& words, double x, double& y, double gap, bool keep = true,
              double room_right = 0) {
    const auto key = std::string(font.family) + std::to_string(font.size) + std::to_string(x) + words;
    Layout fresh;
    PangoLayout* layout = nullptr;
    if (const auto found = kept_.find(key); found != kept_.end()) {
      layout = found->second.get();
    } else {
      fresh = shape(font, words, page_width - margin - x - room_right);
      if (pango_layout_get_unknown_glyphs_count(fresh.get()) > 0) return Error(e::letter_glyph_missing, words);
      layout = fresh.get();
      if (keep) kept_.emplace(key, std::move(fresh));
    }
    cairo_move_to(cairo_.get(), x, y);
    pango_cairo_show_layout(cairo_.get(), layout);
    int height = 0;
    pango_layout_get_size(layout, nullptr, &height);
    y += static_cast<double>(height) / PANGO_SCALE + gap;
    return {};
  }

  Status code(const std::string& words, double& y) {
    TEGATA_ASSIGN(const auto grid, qr::grid(words));
    const double module = qr_side / grid.width;
    const double left = (page_width - qr_side) / 2;
    for (int row = 0; row < grid.width; ++row) {
      for (int column = 0; column < grid.width; ++column) {
        const int start = column;
        const auto dark = [&](int at) {
          return at < grid.width && grid.dark[static_cast<std::size_t>(row * grid.width + at)];
        };
        while (dark(column)) ++column;
        if (column > start)
          cairo_rectangle(cairo_.get(), left + start * module, y + row * module, (column - start) * module, module);
      }
    }
    cairo_fill(cairo_.get());
    y += qr_side;
    return {};
  }

  Status password(const std::string& words, double& y) {
    const auto layout = shape(letters, words, text_width);
    pango_layout_set_alignment(layout.get(), PANGO_ALIGN_CENTER);
    if (pango_layout_get_unknown_glyphs_count(layout.get()) > 0) return Error(e::letter_glyph_missing, "password");
    int height = 0;
    pango_layout_get_size(layout.get(), nullptr, &height);
    y += 10;
    cairo_move_to(cairo_.get(), margin, y);
    pango_cairo_show_layout(cairo_.get(), layout.get());
    const double tall = static_cast<double>(height) / PANGO_SCALE;
    frame(y - 5, tall + 10);
    y += tall + 12;
    return {};
  }

  Status warnings(const std::vector<std::string>& lines, double& y) {
    y += 6;
    const double top = y - 3;
    for (const auto& line : lines) {
      double same = y;
      TEGATA_TRY(text(body, "・", margin + 3, same, 0));
      TEGATA_TRY(text(body, line, margin + 9, y, 1, true, 4));
    }
    frame(top, y - top + 2);
    return {};
  }

  void frame(double top, double height) {
    cairo_rectangle(cairo_.get(), margin, top, text_width, height);
    cairo_set_line_width(cairo_.get(), 0.3);
    cairo_stroke(cairo_.get());
  }

  std::unique_ptr<cairo_surface_t, Unref<cairo_surface_destroy>> surface_;
  std::unique_ptr<cairo_t, Unref<cairo_destroy>> cairo_;
  std::map<std::string, Layout> kept_;
};

}  // namespace

Status write_pdf(const std::string& path, const std::vector<Letter>& all, const Sender& sender) {
  Document document(path);
  for (const auto& letter : all) {
    for (const auto& page : pages_of(letter, sender)) {
      if (const auto added = document.add(page); !added)
        return Error(added.error().code(), "line " + std::to_string(letter.line) + ": " + added.error().detail());
    }
  }
  return document.finish();
}

}  // namespace tegata::letter
