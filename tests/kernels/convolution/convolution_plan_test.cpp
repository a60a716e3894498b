#include <lamina/kernels/convolution/convolution_plan.hpp>

#include "support/convolution.hpp"
#include "support/values.hpp"

namespace lamina {
namespace {

using kernels::Convolution;
using kernels::Window;
using kernels::WindowAxis;
using kernels::detail::ConvolutionPlan;
using testing::random_values;
using testing::Values;
using testing::convolution::all_sizes;
using testing::convolution::ConvolutionSizes;

/// Returns element `element` of the patch of output position `row`, counted over the whole batch; 0 in the padding.
float element_of_patch(const Convolution& c, const Values<float>& x, Index row, Index element) {
  const Index channel = element % c.group_channels();
  Index tap = element / c.group_channels(), at = 0, image = row, inputs = 1;
  for (Index i = c.window.rank; i-- > 0;) {
    const WindowAxis& axis = c.window.axes[i];
    const Index position = image % axis.output * axis.stride - axis.before + tap % axis.size * axis.dilation;
    if (position < 0 || position >= axis.input) return 0;
    at += position * inputs;
    inputs *= axis.input;
    image /= axis.output;
    tap /= axis.size;
  }
  return x[(image * inputs + at) * c.channels + channel];
}

TEST(ConvolutionPlan, BlocksContainThePatchOfEveryOutputOnce) {
  for (const ConvolutionSizes& sizes : all_sizes())
    for (const auto& [most_images, least_blocks] : {std::pair<Index, Index>{1, 1}, {100, 1}, {1, 7}}) {
      const Convolution c = testing::convolution::convolution(sizes);
      const ConvolutionPlan plan(c, c.filters, most_images, least_blocks);
      const Values<float> x = random_values<float>(c.batch * c.window.inputs() * c.channels, 1);
      Values<int> visits(c.batch * c.window.outputs());
      Values<float> buffer(plan.block_buffer(), 9.F);
      EXPECT_EQ(plan.blocks(), plan.sets() * plan.blocks_of_set());
      for (Index i = 0; i < plan.blocks(); ++i) {
        const ConvolutionPlan::Block block = plan.block(i);
        ASSERT_LE(block.rows, plan.rows_of_block());
        const float* from = plan.input(block, x.data(), buffer.data());
        for (Index r = 0; r < block.rows; ++r) {
          ++visits[plan.first_row(block) + r];
          EXPECT_EQ(plan.gradient_rows()[r], r * c.filters);
          for (Index p = 0; p < c.patch(); ++p)
            ASSERT_EQ(from[plan.rows()[r] + plan.patch()[p]], element_of_patch(c, x, plan.first_row(block) + r, p))
                << "block " << i << ", row " << r << ", element " << p;
        }
      }
      for (const int count : visits) ASSERT_EQ(count, 1);
      for (Index f = 0; f < c.group_filters(); ++f) EXPECT_EQ(plan.filters()[f], f);
      // Runs of contiguous elements of a patch.
      for (Index p = 1; p < c.patch(); ++p) {
        if (p % plan.run(c) == 0) continue;
        ASSERT_EQ(plan.patch()[p], plan.patch()[p - 1] + 1);
      }
    }
}

TEST(ConvolutionPlan, CopiesImagesToBuffersAndBack) {
  for (const ConvolutionSizes& sizes : all_sizes()) {
    const Convolution c = testing::convolution::convolution(sizes);
    const ConvolutionPlan plan(c, c.filters, 100);
    if (plan.in_place() || plan.blocks_of_set() != 1) continue;
    const Values<float> x = random_values<float>(c.batch * c.window.inputs() * c.channels, 1);
    Values<float> buffer(plan.set_buffer()), copy(x.count(), 9.F);
    for (Index i = 0; i < plan.blocks(); ++i) {
      (void)plan.input(plan.block(i), x.data(), buffer.data());
      plan.take_out(plan.block(i), buffer.data(), copy.data());
    }
    EXPECT_TRUE(testing::same_bits(copy, x));
  }
}

TEST(ConvolutionPlan, PatchesAreAddedBackInOrder) {
  const Values<float> sums = random_values<float>(5 * 7, 1);
  Values<float> out(4, 9.F), expected(4);
  for (Index copy = 0; copy < 5; ++copy)
    for (Index i = 0; i < 4; ++i) expected[i] = copy == 0 ? sums[i] : expected[i] + sums[copy * 7 + i];
  kernels::detail::add_copies<float>(5, 7, 4, sums.data(), out.data());
  EXPECT_TRUE(testing::same_bits(out, expected));
}

TEST(ConvolutionPlan, SizesOfAConvolution) {
  const Index input[] = {8, 7};
  const Convolution c{Window(2, input, {2, 3}, 1, 1, "valid"), 5, 6, 4, 2};
  EXPECT_EQ(c.group_channels(), 3);
  EXPECT_EQ(c.group_filters(), 2);
  EXPECT_EQ(c.patch(), 2 * 3 * 3);
  EXPECT_EQ(c.kernel_size(), 2 * 3 * 3 * 4);
  EXPECT_EQ(c.work(), 2 * 3 * 3 * 4 / 2);
}

}  // namespace
}  // namespace lamina
