#include <lamina/layers/reshaping/pad_widths.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(PadWidths, InvalidOnesAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { ZeroPadding1D(-1); }, {"ZeroPadding", ">= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ZeroPadding3D({1, 2}); }, {"each of 3 axes", "got 2"}));
}
