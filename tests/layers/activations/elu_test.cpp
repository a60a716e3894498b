#include <lamina/layers/activations/elu.hpp>

#include "support/check_layer.hpp"
#include "support/kinks.hpp"

using namespace lamina;
using namespace lamina::testing::kinks;

TEST(ELU, PassesTheLayerChecks) {
  check_layer<ELU>({.input = {3, 4}, .output = {3, 4}, .input_map = off_kinks});
  check_layer<ELU>({.input = {2, 2, 3}, .output = {2, 2, 3}, .input_map = off_kinks}, 0.5);
}
