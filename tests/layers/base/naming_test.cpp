#include <lamina/layers/base/naming.hpp>

#include "lamina/layers/base/layer.hpp"
#include "support/expect.hpp"
#include "support/scale_layer.hpp"

using namespace lamina;
using namespace lamina::testing::scale_layer;

TEST(LayerNames, AreMadeFromTheClassAndCounted) {
  clear_session();
  EXPECT_EQ(SimpleDense().name(), "simple_dense");
  EXPECT_EQ(SimpleDense().name(), "simple_dense_1");
  EXPECT_EQ(Dense(1).name(), "dense");
  EXPECT_EQ(SimpleDense().name(), "simple_dense_2");
  EXPECT_EQ(Scale().name(), "scale");
  clear_session();
  EXPECT_EQ(SimpleDense().name(), "simple_dense");
}

TEST(LayerNames, NamedLayersDoNotAdvanceTheCounter) {
  clear_session();
  Dense named(1, {.name = "head"}), first(1), second(1);
  EXPECT_EQ(named.name(), "head");
  EXPECT_EQ(first.name(), "dense");
  EXPECT_EQ(second.name(), "dense_1");
  second.set_name("tail");
  EXPECT_EQ(second.name(), "tail");
}

TEST(LayerNames, OfTheClassAreThoseOfTheType) {
  EXPECT_EQ(Scale().class_name(), "Scale");
  struct Local : Scale {};
  EXPECT_EQ(Local().class_name(), "Local");
  EXPECT_EQ(SimpleDense<double>().class_name(), "SimpleDense");
}

TEST(LayerNames, PathsContainAllEnclosingLayers) {
  clear_session();
  Sequential model{Dense(2), Sequential{Dense(3)}};
  model(Tensor{{1, 2}});
  const auto variables = model.variables();
  ASSERT_EQ(variables.size(), 4u);
  EXPECT_EQ(variables[0].path(), "sequential/dense/kernel");
  EXPECT_EQ(variables[1].path(), "sequential/dense/bias");
  EXPECT_EQ(variables[2].path(), "sequential/sequential_1/dense_1/kernel");
}
