#include <lamina/layers/core/einsum_dense.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(EinsumDense, PassesTheLayerChecks) {
  check_layer<EinsumDense>({.input = {4, 5}, .output = {4, 3}, .weights = {{"kernel", {5, 3}}, {"bias", {3}}}},
                           std::string("ab,bc->ac"), Index{3},
                           EinsumDenseOptions{.activation = "tanh", .bias_axes = "c"});
  check_layer<EinsumDense>(
      {.input = {2, 3, 4}, .output = {2, 3, 2, 5}, .weights = {{"kernel", {4, 2, 5}}, {"bias", {2, 5}}}},
      std::string("abc,cde->abde"), Shape{None, 2, 5}, EinsumDenseOptions{.bias_axes = "de"});
  check_layer<EinsumDense>(
      {.input = {2, 3, 2, 4}, .output = {2, 3, 2, 5}, .weights = {{"kernel", {4, 5}}, {"bias", {5}}}},
      std::string("...x,xy->...y"), Index{5}, EinsumDenseOptions{.bias_axes = "y"});
  check_layer<EinsumDense>(
      {.input = {2, 3, 4, 2}, .output = {2, 5, 4, 2}, .weights = {{"kernel", {3, 5}}, {"bias", {5, 1, 1}}}},
      std::string("ab...,bc->ac..."), Index{5}, EinsumDenseOptions{.bias_axes = "c"});
  check_layer<EinsumDense>({.input = {2, 3, 4}, .output = {2, 3, 5}, .weights = {{"kernel", {4, 5}}, {"bias", {3, 1}}}},
                           std::string("abc,cd->abd"), Shape{3, 5}, EinsumDenseOptions{.bias_axes = "b"});
}

TEST(EinsumDense, AgreesWithDense) {
  Dense<double> dense(3, ActivationArgument("relu"));
  EinsumDense<double> layer("...x,xy->...y", 3, {.activation = "relu", .bias_axes = "y"});
  const Tensor<double> x = expect::scattered({2, 4, 5});
  dense(x);
  layer(x);
  layer.set_weights(dense.get_weights());
  EXPECT_TRUE(expect::near(layer(x), dense(x)));
  EXPECT_EQ(layer.compute_output_shape({None, None, 5}), (Shape{None, None, 3}));
  const auto again = layer_from_config<double>(named_config("EinsumDense", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
  EXPECT_EQ(layer.get_config().at("output_shape").to_string(), "[3]");
}

TEST(EinsumDense, InitializersUseTheFansOfTheEquation) {
  // Fan in: 50, the axis c; fan out: 4 * 5. The last two axes of the kernel alone would give a different limit.
  EinsumDense<double> layer("abc,cde->abde", {None, 4, 5});
  layer(Tensor<double>::zeros({1, 2, 50}));
  const double largest = (max)(abs(layer.get_weights()[0])).item(), limit = std::sqrt(6.0 / 70);
  EXPECT_LT(largest, limit);
  EXPECT_GT(largest, 0.98 * limit);
  EXPECT_TRUE(layer.get_config().at("kernel_initializer").at("config").at("input_axes").is_null());
}

TEST(EinsumDense, RejectsInvalidArguments) {
  const auto refuses = [](const char* equation, const Shape& output, const char* bias, const char* why) {
    return expect::error<Error>(
        [&] {
          EinsumDense<float>(equation, output, {.bias_axes = bias})(Tensor<float>::ones({2, 3, 4}));
        },
        {"EinsumDense", equation, why});
  };
  EXPECT_TRUE(refuses("abc->ab", {3}, "", "expected"));
  EXPECT_TRUE(refuses("ab,bc->ac", {3}, "", "rank 2"));
  EXPECT_TRUE(refuses("...bc,cd->bd", {3}, "", "expected"));
  EXPECT_TRUE(refuses("abc,cd->abd", {3}, "", "output_shape"));
  EXPECT_TRUE(refuses("abc,cd->abd", {5, 6}, "", "\"b\" has size 3"));
  EXPECT_TRUE(refuses("abc,cd->abe", {None, 6}, "", "\"e\""));
  EXPECT_TRUE(refuses("abc,cdx->abd", {None, 6}, "", "\"x\""));
  EXPECT_TRUE(refuses("abc,cd->abd", {None, 6}, "c", "bias_axes"));
}
