#include <lamina/kernels/convolution/winograd_gradients.hpp>

#include "support/convolution.hpp"

// Compares the gradients of Winograd convolutions with plain loops.

namespace lamina {
namespace {

using namespace testing::convolution;

TEST(WinogradGradients, AgreeWithPlainLoopsInFloat) { check_all<float>(winograd_sizes(), 1e-4); }
TEST(WinogradGradients, AgreeWithPlainLoopsInDouble) { check_all<double>(winograd_sizes(), 1e-12); }

}  // namespace
}  // namespace lamina
