// Permute, RepeatVector, ZeroPadding, Cropping, Rescaling, Identity.
#include "support/check_layer.hpp"

using namespace lamina;

TEST(ShapingLayers, DoWhatEveryLayerDoes) {
  check_layer<Permute>({.input = {2, 3, 4, 5}, .output = {2, 5, 3, 4}}, Shape{3, 1, 2});
  check_layer<RepeatVector>({.input = {2, 3}, .output = {2, 4, 3}}, 4);
  check_layer<ZeroPadding1D>({.input = {2, 3, 2}, .output = {2, 6, 2}}, PadWidths<1>{1, 2});
  check_layer<ZeroPadding2D>({.input = {2, 3, 2, 2}, .output = {2, 5, 5, 2}}, PadWidths<2>{{2, 0}, {0, 3}});
  check_layer<ZeroPadding3D>({.input = {1, 2, 1, 2, 2}, .output = {1, 4, 1, 6, 2}}, PadWidths<3>{1, 0, 2});
  check_layer<Cropping1D>({.input = {2, 6, 2}, .output = {2, 3, 2}}, PadWidths<1>{1, 2});
  check_layer<Cropping2D>({.input = {2, 4, 5, 2}, .output = {2, 3, 2, 2}}, PadWidths<2>{{1, 0}, {2, 1}});
  check_layer<Cropping3D>({.input = {1, 3, 4, 3, 2}, .output = {1, 1, 2, 1, 2}});
  check_layer<Rescaling>({.input = {3, 4}, .output = {3, 4}}, 0.5, -1.0);
  check_layer<Identity>({.input = {3, 4}, .output = {3, 4}});
}

TEST(Permute, CountsTheAxesOfASampleFromOne) {
  EXPECT_TRUE(expect::same(Permute({2, 1})(Tensor{{{1, 2, 3}, {4, 5, 6}}}), Tensor{{{1, 4}, {2, 5}, {3, 6}}}));
  EXPECT_TRUE(expect::error<ValueError>([] { Permute({1, 3}); }, {"Permute", "1 to 2", "(1, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Permute({2, 1})(Tensor<float>::zeros({2, 3}));
      },
      {"Permute", "rank 3", "(2, 3)"}));
}

TEST(RepeatVector, RepeatsEachSample) {
  EXPECT_TRUE(expect::same(RepeatVector(2)(Tensor{{1, 2}, {3, 4}}), Tensor{{{1, 2}, {1, 2}}, {{3, 4}, {3, 4}}}));
  EXPECT_TRUE(expect::error<ValueError>([] { RepeatVector(0); }, {"RepeatVector", "n >= 1", "got 0"}));
}

TEST(ZeroPadding, PutsZerosAround) {
  EXPECT_TRUE(expect::same(ZeroPadding1D({1, 2})(Tensor{{{5}, {6}}}), Tensor{{{0}, {5}, {6}, {0}, {0}}}));
  ZeroPadding2D first(1, {.channels_first = true});
  EXPECT_EQ(first(Tensor<float>::ones({2, 3, 4, 5})).shape(), (Shape{2, 3, 6, 7}));
  EXPECT_TRUE(expect::error<ValueError>([] { ZeroPadding1D(-1); }, {"ZeroPadding", ">= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ZeroPadding3D({1, 2}); }, {"each of 3 axes", "got 2"}));
}

TEST(Cropping, TakesOffAndLeavesSomething) {
  EXPECT_TRUE(expect::same(Cropping1D({1, 2})(Tensor{{{1}, {2}, {3}, {4}}}), Tensor{{{2}}}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Cropping2D(2)(Tensor<float>::ones({1, 4, 6, 1}));
      },
      {"Cropping2D", "leaves nothing of axis 1", "(1, 4, 6, 1)"}));
}

TEST(Rescaling, ByOneNumberOrOneAColumn) {
  EXPECT_TRUE(expect::same(Rescaling(2, 1)(Tensor{{1, 2}, {3, 4}}), Tensor{{3, 5}, {7, 9}}));
  EXPECT_TRUE(expect::same(Rescaling({2., 10.}, {1., 0.})(Tensor{{1, 2}, {3, 4}}), Tensor{{3, 20}, {7, 40}}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Rescaling({2., 10.}, 0)(Tensor<float>::ones({2, 3}));
      },
      {"Rescaling", "last axis is 2", "(2, 3)"}));
}
