// Every layer may have a name, which its configuration and its weights contain.
#include <gtest/gtest.h>

#include <lamina/lamina.hpp>

namespace lamina {
namespace {

template <class L>
void expect_name(const L& layer, const std::string& name) {
  EXPECT_EQ(layer.name(), name);
  EXPECT_EQ(layer.get_config()["name"].as_string(), name);
}

TEST(LayerNames, AreGivenAmongTheOptions) {
  expect_name(Flatten({.name = "flat"}), "flat");
  expect_name(ReLU({.max_value = 6.0, .name = "relu6"}), "relu6");
  expect_name(LeakyReLU({.name = "leaky"}), "leaky");
  expect_name(ELU({.name = "elu_one"}), "elu_one");
  expect_name(PReLU({.name = "learned"}), "learned");
  expect_name(Softmax({.axis = 1, .name = "shares"}), "shares");
  expect_name(ActivityRegularization({.l1 = 0.1, .name = "sparse"}), "sparse");
}

TEST(LayerNames, AreTheLastConstructorArgument) {
  expect_name(Reshape({2, 3}, {.name = "image"}), "image");
  expect_name(Permute({2, 1}, {.name = "turned"}), "turned");
  expect_name(RepeatVector(3, {.name = "thrice"}), "thrice");
  expect_name(ActivationLayer("relu", {.name = "bend"}), "bend");
  expect_name(Identity({.name = "same"}), "same");
  expect_name(Rescaling(0.5, 1.0, {.name = "halved"}), "halved");
  expect_name(SimpleDense(2, "relu", {.name = "simple"}), "simple");
}

TEST(LayerNames, DefaultToTheClassName) {
  EXPECT_EQ(Reshape({2, 3}).name().rfind("reshape", 0), 0u);
  EXPECT_EQ(Flatten().name().rfind("flatten", 0), 0u);
  EXPECT_EQ(Reshape({2, 3}, {.name = ""}).name().rfind("reshape", 0), 0u);
}

TEST(LayerNames, FindALayerInItsModel) {
  const auto x = Input({2, 3});
  Model model(x,
              x | Flatten({.name = "flat"}) | Reshape({3, 2}, {.name = "other"}) | Permute({2, 1}, {.name = "back"}));
  EXPECT_EQ(model.get_layer("other").class_name(), "Reshape");
  EXPECT_EQ(model.get_layer("flat").compute_output_shape({None, 2, 3}), (Shape{None, 6}));
}

}  // namespace
}  // namespace lamina
