#include <lamina/layers/graph/operation_class.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(KerasOperations, AreDistinguishedFromLayersByTheirModule) {
  const Config scaled = model_with(entry(numpy, "Maximum", "y", {}, {call_of({tensor_from("x"), 0.1})}));
  EXPECT_TRUE(expect::same(result_of(scaled), maximum(xa, 0.1)));
  const Config layer =
      model_with(entry(layers, "Maximum", "y", {}, {call_of({Config::list({tensor_from("x"), tensor_from("x")})})}));
  EXPECT_TRUE(expect::same(result_of(layer), xa));
  for (const char* module : {"keras.ops", "keras.ops.numpy", "keras.src.ops.numpy"})
    EXPECT_EQ(layer_from_config<float>(entry(module, "Multiply", "m", {}, {}))->module(), std::string(numpy));
  EXPECT_EQ(layer_from_config<float>(entry("keras.operations", "Multiply", "m", {}, {}))->module(), nullptr);
}

TEST(KerasOperations, ReadTheirOptions) {
  const auto unary = [](const char* module, const char* class_name, Config options) {
    return result_of(model_with(entry(module, class_name, "y", options, {call_of({tensor_from("x")})})));
  };
  EXPECT_TRUE(expect::same(unary(numpy, "Sum", map_of({{"axis", Config::list({1, 2})}, {"keepdims", false}})),
                           sum(xa, {.axes = {1, 2}})));
  EXPECT_TRUE(expect::same(unary(numpy, "Max", map_of({{"axis", 1}, {"keepdims", false}, {"initial", 0.5}})),
                           maximum((max)(xa, {.axes = {1}}), 0.5)));
  EXPECT_TRUE(
      expect::same(unary(numpy, "Argmax", map_of({{"axis", 1}, {"keepdims", true}})), expand_dims(argmax(xa, 1), 1)));
  EXPECT_TRUE(
      expect::same(unary(numpy, "Reshape", map_of({{"newshape", Config::list({-1, 12})}})), reshape(xa, {-1, 12})));
  EXPECT_TRUE(
      expect::same(unary(numpy, "Transpose", map_of({{"axes", Config::list({0, 2, 1})}})), transpose(xa, {0, 2, 1})));
  EXPECT_TRUE(expect::same(unary(numpy, "ExpandDims", map_of({{"axis", Config::list({1, -1})}})),
                           reshape(xa, {6, 1, 4, 3, 1})));
  EXPECT_TRUE(expect::same(unary("keras.src.ops.core", "Cast", map_of({{"dtype", "bool"}})), not_equal(xa, 0)));
  EXPECT_TRUE(
      expect::same(unary("keras.src.ops.core", "Cast", map_of({{"dtype", "int32"}})), Tensor<float>::zeros({6, 4, 3})));
  EXPECT_TRUE(expect::near(
      unary("keras.src.ops.math", "Logsumexp", map_of({{"axis", Config::list({0, 2})}, {"keepdims", false}})),
      log(sum(exp(xa), {.axes = {0, 2}})), {1e-6, 1e-6}));
  EXPECT_TRUE(expect::same(unary("keras.src.ops.nn", "LeakyRelu", map_of({{"negative_slope", 0.3}})),
                           activations::LeakyRelu{.negative_slope = 0.3}(xa)));
  EXPECT_TRUE(
      expect::same(unary("keras.src.ops.nn", "Gelu", map_of({{"approximate", false}})), activations::Gelu{}(xa)));
  EXPECT_TRUE(
      expect::same(unary("keras.src.ops.nn", "Gelu", Config::map()), activations::Gelu{.approximate = true}(xa)))
      << "the operation's default is not the activation's";
  EXPECT_TRUE(
      expect::near(unary("keras.src.ops.nn", "Normalize", map_of({{"axis", 1}, {"order", 3}, {"epsilon", nullptr}})),
                   xa / pow(sum(pow(abs(xa), 3), {.axes = {1}, .keepdims = true}), 1.0 / 3), {1e-5, 1e-6}));
  EXPECT_EQ(unary("keras.src.ops.nn", "OneHot",
                  map_of({{"num_classes", 5}, {"axis", -1}, {"dtype", "float32"}, {"sparse", false}}))
                .shape(),
            (Shape{6, 4, 3, 5}));
}

TEST(KerasOperations, CalledTwiceAreTwo) {
  const Config twice =
      entry(numpy, "Multiply", "m", {}, {call_of({tensor_from("x"), 2.0}), call_of({tensor_from("m"), 5.0})});
  Config model = model_with(entry(numpy, "Add", "y", {}, {call_of({tensor_from("m", 0), tensor_from("m", 1)})}));
  model["config"]["layers"] =
      Config::list({model.at("config").at("layers")[0], twice, model.at("config").at("layers")[1]});
  EXPECT_TRUE(expect::near(result_of(model), 2 * xa + 10 * xa, {1e-6, 1e-6}));
}

TEST(KerasOperations, RejectInvalidArguments) {
  const auto refuses = [](const Config& y, std::initializer_list<const char*> words) {
    return expect::error<ValueError>([&] { result_of(model_with(y)); }, words);
  };
  const Config x = tensor_from("x");
  EXPECT_TRUE(
      refuses(entry(numpy, "Maximun", "y", {}, {call_of({x, 1})}), {"unknown operation \"Maximun\"", "\"Maximum\""}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x, 1, 2})}), {"Add \"y\"", "at most 2", "3"}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x})}), {"Add \"y\"", "\"x2\"", "missing"}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x, 1}, map_of({{"x1", x}}))}), {"\"x1\"", "twice"}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x, 1}, map_of({{"x3", x}}))}), {"unknown", "\"x3\""}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x, "1"})}), {"Add", "number", "\"1\""}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x, nullptr})}), {"Add", "number", "null"}));
  EXPECT_TRUE(refuses(entry(numpy, "Add", "y", {}, {call_of({x, Config::list({x, 1})})}), {"Add \"y\"", "one tensor"}));
  EXPECT_TRUE(
      refuses(entry(numpy, "Mean", "y", map_of({{"axes", 1}}), {call_of({x})}), {"Mean", "\"axes\"", "\"axis\""}));
  EXPECT_TRUE(refuses(entry(numpy, "Mean", "y", map_of({{"axis", Config::list()}}), {call_of({x})}),
                      {"\"axis\": expected at least one axis"}));
  EXPECT_TRUE(
      refuses(entry(numpy, "Clip", "y", map_of({{"x_min", 0}}), {call_of({x})}), {"Clip", "\"x_max\" is missing"}));
  EXPECT_TRUE(refuses(entry(numpy, "Take", "y", {}, {call_of({x, x})}), {"Take", "\"indices\"", "Embedding"}));
}

TEST(KerasOperations, RejectAnotherNumberOfOperands) {
  const Config x = tensor_from("x");
  const auto refuses = [&](const char* equation, const Config& call, const char* count) {
    const Config y = entry(numpy, "Einsum", "y", map_of({{"subscripts", equation}}), {call});
    return expect::error<ValueError>([&] { result_of(model_with(y)); }, {"Einsum", "2 operands", count});
  };
  EXPECT_TRUE(refuses("ij->i", call_of({x}), "got 1"));
  EXPECT_TRUE(refuses("ij,ij->i", call_of({x, x, x}), "got 3"));
}

}  // namespace
