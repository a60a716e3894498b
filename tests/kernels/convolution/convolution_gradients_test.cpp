#include <lamina/kernels/convolution/convolution_gradients.hpp>

#include "support/convolution.hpp"

// Convolution in all directions against plain loops, and the same bits by any number of threads.

namespace lamina {
namespace {

using namespace testing::convolution;

TEST(ConvolutionGradients, AreSumsOfProductsInFloat) { check_all<float>(all_sizes(), 1e-4); }
TEST(ConvolutionGradients, AreSumsOfProductsInDouble) { check_all<double>(all_sizes(), 1e-12); }

}  // namespace
}  // namespace lamina
