#include <lamina/kernels/convolution/convolution_gradients.hpp>

#include "support/convolution.hpp"

// Compares the forward pass and both gradients of convolutions with plain loops; any number of threads gives the same
// bits.

namespace lamina {
namespace {

using namespace testing::convolution;

TEST(ConvolutionGradients, AgreeWithPlainLoopsInFloat) { check_all<float>(all_sizes(), 1e-4); }
TEST(ConvolutionGradients, AgreeWithPlainLoopsInDouble) { check_all<double>(all_sizes(), 1e-12); }

}  // namespace
}  // namespace lamina
