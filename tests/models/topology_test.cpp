// The three kinds of models: a graph, a Sequential, a user-defined call; moves of models.
#include "support/expect.hpp"

using namespace lamina;

namespace {
const Tensor<float> x = expect::scattered<float>({4, 3}, 1);

struct Doubled : Model<float> {
  Tensor<float> call(const Tensor<float>& in) const override { return dense(in) * 2; }
  Dense<float> dense{2};
};

struct WithoutCall : Model<float> {};
}  // namespace

TEST(Topology, OfAGraphHasNamesSymbolsAndConfiguration) {
  const auto a = Input({3}, {.name = "a"});
  Model model(a, a | Dense(2, {.name = "b"}));
  EXPECT_EQ(model.class_name(), "Functional");
  EXPECT_NE(model.graph(), nullptr);
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"a"});
  EXPECT_EQ(model.output_names(), std::vector<std::string>{"b"});
  EXPECT_EQ(model.layers().size(), 2u);
  EXPECT_EQ(model.get_config().at("layers").size(), 2u);
  EXPECT_TRUE(expect::error<ValueError>([&] { model.predict({x, x}); }, {"predict", "expected 1 input, got 2"}));
}

TEST(Topology, OfASequentialIsThatOfItsLayers) {
  Sequential model{Input({3}), Dense(2), Dense(1)};
  EXPECT_EQ(model.class_name(), "Sequential");
  EXPECT_EQ(model.graph(), nullptr);
  EXPECT_EQ(model.layers().size(), 2u);
  EXPECT_EQ(model.inputs().front().shape(), (Shape{None, 3}));
  EXPECT_EQ(model.outputs().front().shape(), (Shape{None, 1}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.predict({x, x}); }, {"predict", "expected 1 input, got 2"}));
  model.pop();
  EXPECT_EQ(model.outputs().front().shape(), (Shape{None, 2}));
}

TEST(Topology, OfAUserDefinedCallIsUnknown) {
  Doubled model;
  EXPECT_EQ(model.class_name(), "Doubled");
  EXPECT_EQ(model.predict(x).shape(), (Shape{4, 2}));
  EXPECT_EQ(model.layers().size(), 1u);
  EXPECT_NE(model.summary_text().find("dense"), std::string::npos);
  EXPECT_TRUE(expect::error<StateError>([&] { model.inputs(); }, {"inputs", "Doubled", "symbolic tensors"}));
  EXPECT_TRUE(expect::error<StateError>([] { WithoutCall()(x); }, {"WithoutCall", "overrides `call`"}));
}

TEST(Topology, MovesWithTheModel) {
  const auto a = Input({3});
  Model graph(a, a | Dense(2));
  const Tensor<float> of_graph = graph.predict(x);
  Model other = std::move(graph);
  EXPECT_TRUE(expect::same(other.predict(x), of_graph));
  EXPECT_NE(other.graph(), nullptr);
  EXPECT_EQ(graph.graph(), nullptr);  // NOLINT: a moved-from model is valid
  EXPECT_THROW(graph.inputs(), StateError);
  other = Model<float>();
  EXPECT_EQ(other.graph(), nullptr);
  EXPECT_THROW(other.inputs(), StateError);

  Sequential chain{Dense(2)};
  const Tensor<float> of_chain = chain.predict(x);
  Sequential moved{Dense(1)};
  moved = std::move(chain);
  EXPECT_TRUE(expect::same(moved.predict(x), of_chain));
  EXPECT_EQ(moved.layers().size(), 1u);
  EXPECT_TRUE(chain.layers().empty());  // NOLINT: a moved-from model is valid
  chain.add(Dense(3));
  EXPECT_EQ(chain.predict(x).shape(), (Shape{4, 3}));
}
