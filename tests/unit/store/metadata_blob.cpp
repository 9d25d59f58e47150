#include "rp/store/metadata_blob.h"

#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

store::MetadataBlob blob(std::int64_t number, const std::string& text) {
  return {text, number, from_unix_seconds(1'796'000'000), {}, 0};
}
Operation put_blob(const store::MetadataBlob& what) {
  return [=](store::Transaction& transaction) { return store::put_metadata_blob(transaction, what, {}); };
}
std::optional<store::MetadataBlob> found(World& world) {
  return world.read<std::optional<store::MetadataBlob>>(store::find_metadata_blob);
}
std::int64_t generation(World& world) { return world.read<std::int64_t>(store::metadata_generation); }

}  // namespace

TEST_CASE("metadata BLOB: only a successor replaces it, and every import is seen") {
  World world;
  CHECK_FALSE(found(world));
  CHECK(generation(world) == 0);
  CHECK(does(world, put_blob(blob(5, "five"))));
  CHECK(generation(world) == 1);
  CHECK(refuses(world, put_blob(blob(4, "four"))));
  CHECK(refuses(world, put_blob(blob(5, "another five"))));
  CHECK(generation(world) == 1);
  CHECK(found(world)->blob == "five");
  CHECK(does(world, put_blob(blob(5, "five"))));
  CHECK(generation(world) == 2);
  CHECK(does(world, put_blob(blob(6, "six"))));
  CHECK(generation(world) == 3);
  CHECK(found(world)->blob == "six");
  CHECK(found(world)->number == 6);
  CHECK(found(world)->next_update == from_unix_seconds(1'796'000'000));
  CHECK(found(world)->imported_at == world.clock.now());
  world.reopen();
  CHECK(found(world)->number == 6);
}

}  // namespace tegata::test
