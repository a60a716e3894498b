#include <lamina/layers/preprocessing/category_encoding.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(CategoryEncoding, EncodesInAllModes) {
  const Tensor<float> x{{0, 1}, {0, 0}, {3, 1}};
  const auto encoded = [](CategoryOutput mode, const Tensor<float>& numbers) {
    CategoryEncoding<float> layer(4, {.output_mode = mode});
    const Tensor<float> y = layer(numbers);
    EXPECT_EQ(layer.compute_output_shape(numbers.shape()), y.shape());
    return y;
  };
  EXPECT_TRUE(
      expect::same(encoded(CategoryOutput::multi_hot, x), Tensor<float>{{1, 1, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 1}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::count, x), Tensor<float>{{1, 1, 0, 0}, {2, 0, 0, 0}, {0, 1, 0, 1}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::one_hot, Tensor<float>{{3}, {1}}),
                           Tensor<float>{{0, 0, 0, 1}, {0, 1, 0, 0}}));
  EXPECT_TRUE(
      expect::same(encoded(CategoryOutput::one_hot, Tensor<float>{3, 1}), Tensor<float>{{0, 0, 0, 1}, {0, 1, 0, 0}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::one_hot, Tensor<float>{{3, 1}}),
                           Tensor<float>{{{0, 0, 0, 1}, {0, 1, 0, 0}}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::count, Tensor<float>{3, 1, 3}), Tensor<float>{0, 1, 0, 2}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::count, Tensor<float>{{{3, 1}, {3, 2}}}),
                           Tensor<float>{{{0, 0, 0, 2}, {0, 1, 1, 0}}}))
      << "the axis after the batch axis is summed";
  EXPECT_EQ(encoded(CategoryOutput::multi_hot, Tensor<float>::zeros({0, 3})).shape(), (Shape{0, 4}));
  CategoryEncoding<float> count(4, {.output_mode = CategoryOutput::count});
  EXPECT_TRUE(expect::same(count({x, Tensor<float>{{0.5F, 2.F}, {1.F, 3.F}, {0.F, 4.F}}}),
                           Tensor<float>{{0.5F, 2.F, 0.F, 0.F}, {4.F, 0.F, 0.F, 0.F}, {0.F, 4.F, 0.F, 0.F}}));
}

TEST(CategoryEncoding, RejectsInvalidCategories) {
  CategoryEncoding<float> layer(4);
  EXPECT_EQ(layer.get_config().at("output_mode").as_string(), "multi_hot");
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(Tensor<float>{{1, 4}}); }, {"[0, 4)", "got 4", "element 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(Tensor<float>{{-1, 3}}); }, {"got -1"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        layer({Tensor<float>{{1}}, Tensor<float>{{1}}});
      },
      {"indices and their weights"}));
  EXPECT_TRUE(expect::error<ValueError>([] { CategoryEncoding<float>(0); }, {"num_tokens"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { CategoryEncoding<float>(2, {.output_mode = CategoryOutput::integer}); }, {"int"}));
  EXPECT_EQ(CategoryEncoding<float>(2, {.output_mode = "one_hot"}).get_config().at("output_mode").as_string(),
            "one_hot");
  EXPECT_TRUE(expect::error<ValueError>([] { CategoryEncoding<float>(2, {.output_mode = "onehot"}); },
                                        {"unknown output_mode \"onehot\"", "Did you mean \"one_hot\""}));
}
