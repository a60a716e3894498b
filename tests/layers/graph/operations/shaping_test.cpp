#include <lamina/layers/graph/operations/shaping.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(ShapingOperations, ApplyToSymbolicTensorsAndRoundTripThroughConfigurations) {
  check_drawn("Einsum", "numpy", [](const auto& a, const auto& b) { return einsum("bij,bkj->bik", a, b); });
  check_drawn("Reshape", "numpy", [](const auto& a, const auto&) { return reshape(a, {-1, 12}); });
  check_drawn("Transpose", "numpy", [](const auto& a, const auto&) { return transpose(a, {0, 2, 1}); });
  check_drawn("Transpose", "numpy", [](const auto& a, const auto&) { return transpose(a); });
  check_drawn("Swapaxes", "numpy", [](const auto& a, const auto&) { return swapaxes(a, 1, 2); });
  check_drawn("Moveaxis", "numpy", [](const auto& a, const auto&) { return moveaxis(a, -1, 1); });
  check_drawn("ExpandDims", "numpy", [](const auto& a, const auto&) { return expand_dims(a, -1); });
  check_drawn("Squeeze", "numpy", [](const auto& a, const auto&) { return squeeze(expand_dims(a, 1), {1}); });
  check_drawn("BroadcastTo", "numpy", [](const auto& a, const auto&) {
    return broadcast_to(sum(a, {.axes = {0, 1}}), {2, 3});
  });
  check_drawn("Flip", "numpy", [](const auto& a, const auto&) { return flip(a, {1}); });
  check_drawn("Repeat", "numpy", [](const auto& a, const auto&) { return repeat(a, 2, 1); });
  check_drawn("Tile", "numpy", [](const auto& a, const auto&) { return tile(a, {1, 2, 1}); });
  check_drawn("GetItem", "numpy", [](const auto& a, const auto&) { return get_item(a, {Slice{}, Slice{1, 3}, -1}); });
  check_drawn("GetItem", "numpy", [](const auto& a, const auto&) {
    return get_item(a, {Slice{}, Slice{.step = -2}, newaxis, ellipsis});
  });
  check_drawn("GetItem", "numpy", [](const auto& a, const auto&) { return slice(a, {0, 1, 0}, {-1, 2, 3}); });
  check_drawn("Take", "numpy", [](const auto& a, const auto&) { return gather(a, {2, 0, 2}, -1); });
  check_drawn("Split", "numpy", [](const auto& a, const auto&) { return split(a, 2, 1)[1]; });
  check_drawn("Concatenate", "numpy", [](const auto& a, const auto& b) {
    return concatenate(std::vector{a, b, a}, 1);
  });
  check_drawn("Stack", "numpy", [](const auto& a, const auto& b) { return stack(std::vector{a, b}, 1); });
}

TEST(KerasOperations, ReadIndicesAsKerasWritesThem) {
  const auto range = [](Config start, Config stop, Config step) {
    return named_config("__slice__", map_of({{"start", start}, {"stop", stop}, {"step", step}}));
  };
  const auto item = [](Config key) {
    return result_of(model_with(entry(numpy, "GetItem", "y", {}, {call_of({tensor_from("x"), key})})));
  };
  const Config all = range(nullptr, nullptr, nullptr);
  EXPECT_TRUE(
      expect::same(item(Config::list({all, range(1, nullptr, nullptr)})), get_item(xa, {Slice{}, Slice{1, {}}})));
  EXPECT_TRUE(expect::same(item(Config::list({all, -1, range(nullptr, nullptr, 2)})),
                           get_item(xa, {Slice{}, -1, Slice{.step = 2}})));
  EXPECT_TRUE(expect::same(item(range(nullptr, 2, nullptr)), get_item(xa, {Slice{{}, 2}})));
  EXPECT_TRUE(
      expect::same(item(Config::list({named_config("__ellipsis__", Config::map()), 0})), get_item(xa, {ellipsis, 0})));
  EXPECT_EQ(item(Config::list({all, nullptr})).shape(), (Shape{6, 1, 4, 3}));
}

}  // namespace
