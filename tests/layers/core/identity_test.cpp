#include <lamina/layers/core/identity.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Identity, PassesTheLayerChecks) { check_layer<Identity>({.input = {3, 4}, .output = {3, 4}}); }
