#include <lamina/layers/preprocessing/resizing.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Resizing, PassesTheLayerChecks) {
  check_layer<Resizing>({.input = {2, 4, 5, 2}, .output = {2, 3, 7, 2}}, Index{3}, Index{7});
  check_layer<Resizing>({.input = {2, 2, 4, 5}, .output = {2, 2, 6, 3}}, Index{6}, Index{3},
                        ResizingOptions{.interpolation = Interpolation::bicubic, .channels_first = true});
  check_layer<Resizing>({.input = {2, 4, 8, 2}, .output = {2, 3, 3, 2}}, Index{3}, Index{3},
                        ResizingOptions{.crop_to_aspect_ratio = true, .antialias = true});
  check_layer<Resizing>({.input = {2, 4, 8, 2}, .output = {2, 3, 3, 2}}, Index{3}, Index{3},
                        ResizingOptions{.pad_to_aspect_ratio = true, .fill_value = 0.5});
  EXPECT_EQ(Resizing<float>(3, 2).compute_output_shape({None, None, None, 1}), (Shape{None, 3, 2, 1}));
  EXPECT_EQ(Resizing<float>(3, 2)(Tensor<float>::ones({6, 6, 1})).shape(), (Shape{3, 2, 1})) << "one image";
}

TEST(Resizing, KeepsTheAspectRatio) {
  const auto resized = [&](ResizingOptions options) {
    options.interpolation = Interpolation::nearest;
    return Resizing<float>(2, 2, options)(reshape(Tensor<float>{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 4, 1}));
  };
  EXPECT_TRUE(expect::same(resized({.crop_to_aspect_ratio = true}), reshape(Tensor<float>{2, 3, 6, 7}, {1, 2, 2, 1})));
  // Padded to four rows: a row of -1, the image, a row of -1. The new pixels are in rows and columns 1 and 3 of four.
  EXPECT_TRUE(expect::same(resized({.pad_to_aspect_ratio = true, .fill_value = -1}),
                           reshape(Tensor<float>{2, 4, -1, -1}, {1, 2, 2, 1})));
  EXPECT_TRUE(expect::error<ValueError>([&] { resized({.crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true}); },
                                        {"both"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { Resizing<float>(2, 2)(Tensor<float>{{1}}); }, {"rank 4", "(1, 1)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Resizing<float>(2, 2)(Tensor<float>::ones({1, 0, 2, 1}));
      },
      {"sizes >= 1", "(1, 0, 2, 1)"}));
  Config config = Resizing<float>(2, 2).get_config();
  config["fill_mode"] = "reflect";
  EXPECT_TRUE(expect::error<ValueError>([&] { layer_from_config<float>(named_config("Resizing", config)); },
                                        {"constant", "reflect"}));
}
