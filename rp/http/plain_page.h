// A page by itself, for where no style sheet of ours can be had: the origins of cards, and the proxy's own errors.
#pragma once

#include <string>

namespace tegata::http {

// A page with this in its head: what gives it its style. `main`: HTML. Nothing of either is escaped.
std::string page_with(const std::string& head, const std::string& title, const std::string& main);

// The page with a style of its own. `main`: HTML. Nothing of it is escaped. Holds no single quote of its own, so that
// the proxy's configuration can quote it.
std::string plain_page(const std::string& title, const std::string& main);

// What the page may do: carry its own style, known by its hash (CSP Level 3, 8.3), and nothing else.
std::string plain_page_policy();

}  // namespace tegata::http
