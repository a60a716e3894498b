// Operations in graphs: drawn on symbolic tensors, and to Keras's configuration and back.
#include "support/expect.hpp"

using namespace lamina;

namespace {

const Tensor<float> xa = expect::scattered<float>({6, 4, 3}, 1), xb = expect::scattered<float>({6, 4, 3}, 2);

// ---- Configurations as Keras writes them

Config tensor_from(const std::string& layer, int call = 0, int output = 0) {
  Config tensor = Config::map();
  tensor["shape"] = Config::list();
  tensor["dtype"] = "float32";
  tensor["keras_history"] = Config::list({layer, call, output});
  return named_config("__keras_tensor__", tensor);
}
Config map_of(std::initializer_list<std::pair<const char*, Config>> members) {
  Config map = Config::map();
  for (const auto& [name, value] : members) map[name] = value;
  return map;
}
Config call_of(std::vector<Config> args, Config kwargs = Config::map()) {
  return map_of({{"args", Config::list(std::move(args))}, {"kwargs", std::move(kwargs)}});
}
Config entry(const char* module, const char* class_name, const std::string& name, Config config,
             std::vector<Config> calls) {
  config["name"] = name;
  Config e = named_config(class_name, std::move(config));
  e["module"] = module;
  e["name"] = name;
  e["inbound_nodes"] = Config::list(std::move(calls));
  return e;
}
Config input_entry(const std::string& name, const Shape& batch_shape) {
  return entry("keras.layers", "InputLayer", name, map_of({{"batch_shape", argument_to_config(batch_shape)}}), {});
}
Config place(const std::string& layer, int call = 0, int output = 0) { return Config::list({layer, call, output}); }

const char* const numpy = "keras.src.ops.numpy";
const char* const layers = "keras.layers";

/// A model of one input "x" and one more entry, "y", the output.
Config model_with(const Config& y, const Shape& shape = {-1, 4, 3}) {
  return named_config("Functional", map_of({{"layers", Config::list({input_entry("x", shape), y})},
                                            {"input_layers", place("x")},
                                            {"output_layers", place("y")}}));
}
Tensor<float> result_of(const Config& model, const Tensor<float>& x = xa) {
  return model_from_config<float>(model)->apply({x}).front();
}

// ---- Every operation that can be drawn

/// Draws an operation, and compares it with what it is on tensors; then goes to its configuration and back.
template <class F>
void check_drawn(const char* class_name, const char* module, const F& f) {
  SCOPED_TRACE(class_name);
  const auto a = Input({4, 3}, {.name = "a"}), b = Input({4, 3}, {.name = "b"});
  const auto y = f(a, b);
  Model model(std::vector{a, b}, std::vector{y});
  const Tensor<float> expected = f(xa, xb);
  const Tensor<float> got = model.apply({xa, xb})[0];
  EXPECT_TRUE(expect::near(got, expected, {1e-6, 1e-6}));
  EXPECT_TRUE(fits(got.shape(), y.shape())) << y.shape();

  const Config config = model.get_config(), all = config.at("layers"), last = all[all.size() - 1];
  EXPECT_EQ(last.at("class_name").as_string(), class_name);
  EXPECT_EQ(last.at("module").as_string(), text("keras.src.ops.", module));
  EXPECT_EQ(last.at("registered_name").as_string(), class_name);
  const auto again = model_from_config<float>(named_config("Functional", config));
  EXPECT_EQ(again->get_config(), config) << config.to_string();
  EXPECT_TRUE(expect::same(again->apply({xa, xb})[0], got));
}

TEST(Operations, AreDrawnAndGoToKerasAndBack) {
  check_drawn("Add", "numpy", [](const auto& a, const auto& b) { return a + b; });
  check_drawn("Add", "numpy", [](const auto& a, const auto&) { return 2 + a; });
  check_drawn("Subtract", "numpy", [](const auto& a, const auto&) { return a - 0.5; });
  check_drawn("Subtract", "numpy", [](const auto& a, const auto&) { return 1 - a; });
  check_drawn("Multiply", "numpy", [](const auto& a, const auto& b) { return a * b; });
  check_drawn("TrueDivide", "numpy", [](const auto& a, const auto&) { return 3.0f / a; });
  check_drawn("Power", "numpy", [](const auto& a, const auto&) { return pow(a, 2); });
  check_drawn("Maximum", "numpy", [](const auto& a, const auto&) { return maximum(a, 0.1); });
  check_drawn("Maximum", "numpy", [](const auto& a, const auto& b) { return maximum(a, b); });
  check_drawn("Minimum", "numpy", [](const auto& a, const auto&) { return minimum(0.1, a); });
  check_drawn("Negative", "numpy", [](const auto& a, const auto&) { return -a; });
  check_drawn("Absolute", "numpy", [](const auto& a, const auto&) { return abs(a); });
  check_drawn("Square", "numpy", [](const auto& a, const auto&) { return square(a); });
  check_drawn("Sqrt", "numpy", [](const auto& a, const auto&) { return sqrt(a + 2); });
  check_drawn("Exp", "numpy", [](const auto& a, const auto&) { return exp(a); });
  check_drawn("Log", "numpy", [](const auto& a, const auto&) { return log(a + 2); });
  check_drawn("Log1p", "numpy", [](const auto& a, const auto&) { return log1p(a + 1); });
  check_drawn("Sin", "numpy", [](const auto& a, const auto&) { return sin(a); });
  check_drawn("Cos", "numpy", [](const auto& a, const auto&) { return cos(a); });
  check_drawn("Tanh", "numpy", [](const auto& a, const auto&) { return tanh(a); });
  check_drawn("Sign", "numpy", [](const auto& a, const auto&) { return sign(a); });
  check_drawn("Clip", "numpy", [](const auto& a, const auto&) { return clip(a, -0.5, 0.25); });
  check_drawn("Erf", "math", [](const auto& a, const auto&) { return erf(a); });
  check_drawn("StopGradient", "core", [](const auto& a, const auto&) { return stop_gradient(a); });

  check_drawn("Equal", "numpy", [](const auto& a, const auto& b) { return equal(a, b); });
  check_drawn("NotEqual", "numpy", [](const auto& a, const auto&) { return not_equal(a, 0); });
  check_drawn("Greater", "numpy", [](const auto& a, const auto& b) { return a > b; });
  check_drawn("GreaterEqual", "numpy", [](const auto& a, const auto&) { return a >= 0.1; });
  check_drawn("Less", "numpy", [](const auto& a, const auto&) { return 0.1 < a; });
  check_drawn("LessEqual", "numpy", [](const auto& a, const auto& b) { return a <= b; });
  check_drawn("LogicalAnd", "numpy", [](const auto& a, const auto& b) { return logical_and(a > 0, b > 0); });
  check_drawn("LogicalOr", "numpy", [](const auto& a, const auto& b) { return logical_or(a > 0, b > 0); });
  check_drawn("LogicalXor", "numpy", [](const auto& a, const auto& b) { return logical_xor(a > 0, b > 0); });
  check_drawn("LogicalNot", "numpy", [](const auto& a, const auto&) { return logical_not(a > 0); });
  check_drawn("Where", "numpy", [](const auto& a, const auto& b) { return where(a > 0, b, 0); });
  check_drawn("Where", "numpy", [](const auto& a, const auto&) { return where(a > 0, 1, a); });
  check_drawn("Any", "numpy", [](const auto& a, const auto&) { return any(a > 0.5, {.axes = {-1}}); });
  check_drawn("All", "numpy",
              [](const auto& a, const auto&) { return all(a > -0.5, {.axes = {1}, .keepdims = true}); });

  check_drawn("Sum", "numpy", [](const auto& a, const auto&) { return sum(a, {.axes = {1, 2}}); });
  check_drawn("Sum", "numpy", [](const auto& a, const auto&) { return sum(a); });
  check_drawn("Mean", "numpy", [](const auto& a, const auto&) { return mean(a, {.axes = {-1}, .keepdims = true}); });
  check_drawn("Max", "numpy", [](const auto& a, const auto&) { return (max)(a, {.axes = {1}}); });
  check_drawn("Min", "numpy", [](const auto& a, const auto&) { return (min)(a, {.axes = {0}}); });
  check_drawn("Var", "numpy", [](const auto& a, const auto&) { return variance(a, {.axes = {1}}); });
  check_drawn("Std", "numpy", [](const auto& a, const auto&) { return stddev(a, {.axes = {1}}); });
  check_drawn("Argmax", "numpy", [](const auto& a, const auto&) { return argmax(a); });
  check_drawn("Argmin", "numpy", [](const auto& a, const auto&) { return argmin(a, 1); });
  check_drawn("Logsumexp", "math", [](const auto& a, const auto&) { return logsumexp(a, 1); });

  check_drawn("Relu", "nn", [](const auto& a, const auto&) { return relu(a); });
  check_drawn("Sigmoid", "nn", [](const auto& a, const auto&) { return sigmoid(a); });
  check_drawn("Softplus", "nn", [](const auto& a, const auto&) { return softplus(a); });
  check_drawn("Softmax", "nn", [](const auto& a, const auto&) { return softmax(a, 1); });
  check_drawn("LogSoftmax", "nn", [](const auto& a, const auto&) { return log_softmax(a); });
  check_drawn("Normalize", "nn", [](const auto& a, const auto&) { return l2_normalize(a); });

  check_drawn("Matmul", "numpy", [](const auto& a, const auto& b) { return matmul(a, b, {.transpose_b = true}); });
  check_drawn("Einsum", "numpy", [](const auto& a, const auto& b) { return einsum("bij,bkj->bik", a, b); });
  check_drawn("Reshape", "numpy", [](const auto& a, const auto&) { return reshape(a, {-1, 12}); });
  check_drawn("Transpose", "numpy", [](const auto& a, const auto&) { return transpose(a, {0, 2, 1}); });
  check_drawn("Transpose", "numpy", [](const auto& a, const auto&) { return transpose(a); });
  check_drawn("Swapaxes", "numpy", [](const auto& a, const auto&) { return swapaxes(a, 1, 2); });
  check_drawn("Moveaxis", "numpy", [](const auto& a, const auto&) { return moveaxis(a, -1, 1); });
  check_drawn("ExpandDims", "numpy", [](const auto& a, const auto&) { return expand_dims(a, -1); });
  check_drawn("Squeeze", "numpy", [](const auto& a, const auto&) { return squeeze(expand_dims(a, 1), {1}); });
  check_drawn("BroadcastTo", "numpy", [](const auto& a, const auto&) {
    return broadcast_to(sum(a, {.axes = {0, 1}}), {2, 3});
  });
  check_drawn("Flip", "numpy", [](const auto& a, const auto&) { return flip(a, {1}); });
  check_drawn("Repeat", "numpy", [](const auto& a, const auto&) { return repeat(a, 2, 1); });
  check_drawn("Tile", "numpy", [](const auto& a, const auto&) { return tile(a, {1, 2, 1}); });
  check_drawn("GetItem", "numpy", [](const auto& a, const auto&) { return get_item(a, {Slice{}, Slice{1, 3}, -1}); });
  check_drawn("GetItem", "numpy", [](const auto& a, const auto&) {
    return get_item(a, {Slice{}, Slice{.step = -2}, newaxis, ellipsis});
  });
  check_drawn("GetItem", "numpy", [](const auto& a, const auto&) { return slice(a, {0, 1, 0}, {-1, 2, 3}); });
  check_drawn("Take", "numpy", [](const auto& a, const auto&) { return gather(a, {2, 0, 2}, -1); });
  check_drawn("Split", "numpy", [](const auto& a, const auto&) { return split(a, 2, 1)[1]; });
  check_drawn("Concatenate", "numpy", [](const auto& a, const auto& b) {
    return concatenate(std::vector{a, b, a}, 1);
  });
  check_drawn("Stack", "numpy", [](const auto& a, const auto& b) { return stack(std::vector{a, b}, 1); });
}

TEST(Operations, HaveTheShapesThatFollowFromTheirInputs) {
  const auto x = Input({unknown_size, 3});
  EXPECT_EQ((max)(x, {.axes = {1}}).shape(), (Shape{unknown_size, 3}));
  EXPECT_EQ(transpose(x).shape(), (Shape{3, unknown_size, unknown_size}));
  EXPECT_EQ(sum(x, {.axes = {0}}).shape(), (Shape{unknown_size, 3}));
  EXPECT_EQ(reshape(x, {-1, 3}).shape(), (Shape{unknown_size, 3}));
  EXPECT_EQ(sum(x).shape(), Shape{});
  EXPECT_EQ(get_item(x, {Slice{}, -1}).shape(), (Shape{unknown_size, 3}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { slice(x, {0, 0, 2}, {-1, -1, 2}); }, {"slice", "(None, None, 3)"}));
}

TEST(Operations, TrainInAGraph) {
  const auto x = Input({4, 3});
  Dense<double> unused(1);
  const auto y = sum(square(get_item(x, {Slice{}, Slice{1, 3}})), {.axes = {1}}) | Dense(1);
  Model model(x, y);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor<float> target = Tensor<float>::ones({6, 1});
  const History history = model.fit(xa, target, {.epochs = 10, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
}

// ---- What Keras writes

TEST(KerasOperations, AreToldFromLayersByTheirModule) {
  const Config scaled = model_with(entry(numpy, "Maximum", "y", {}, {call_of({tensor_from("x"), 0.1})}));
  EXPECT_TRUE(expect::same(result_of(scaled), maximum(xa, 0.1)));
  const Config layer =
      model_with(entry(layers, "Maximum", "y", {}, {call_of({Config::list({tensor_from("x"), tensor_from("x")})})}));
  EXPECT_TRUE(expect::same(result_of(layer), xa));
  for (const char* module : {"keras.ops", "keras.ops.numpy", "keras.src.ops.numpy"})
    EXPECT_EQ(layer_from_config<float>(entry(module, "Multiply", "m", {}, {}))->module(), std::string(numpy));
  EXPECT_EQ(layer_from_config<float>(entry("keras.operations", "Multiply", "m", {}, {}))->module(), nullptr);
}

TEST(KerasOperations, TakeNumbersOnEitherSideByPositionAndByName) {
  const auto subtract = [](Config call) { return result_of(model_with(entry(numpy, "Subtract", "y", {}, {call}))); };
  const Config x = tensor_from("x");
  EXPECT_TRUE(expect::same(subtract(call_of({x, 2})), xa - 2));
  EXPECT_TRUE(expect::same(subtract(call_of({1.5, x})), 1.5 - xa));
  EXPECT_TRUE(expect::same(subtract(call_of({x}, map_of({{"x2", 0.5}}))), xa - 0.5));
  EXPECT_TRUE(expect::same(subtract(call_of({}, map_of({{"x2", x}, {"x1", 4}}))), 4 - xa));
  EXPECT_TRUE(expect::same(subtract(call_of({x, true})), xa - 1));
  const Config row = Config::list({1, 2.5, 4});
  EXPECT_TRUE(expect::same(subtract(call_of({x, row})), xa - Tensor<float>{1, 2.5, 4}));
  const Config array = named_config("__numpy__", map_of({{"value", row}, {"dtype", "float32"}}));
  EXPECT_TRUE(expect::same(subtract(call_of({array, x})), Tensor<float>{1, 2.5, 4} - xa));
}

TEST(KerasOperations, ReadIndicesAsKerasWritesThem) {
  const auto range = [](Config start, Config stop, Config step) {
    return named_config("__slice__", map_of({{"start", start}, {"stop", stop}, {"step", step}}));
  };
  const auto item = [](Config key) {
    return result_of(model_with(entry(numpy, "GetItem", "y", {}, {call_of({tensor_from("x"), key})})));
  };
  const Config all = range(nullptr, nullptr, nullptr);
  EXPECT_TRUE(
      expect::same(item(Config::list({all, range(1, nullptr, nullptr)})), get_item(xa, {Slice{}, Slice{1, {}}})));
  EXPECT_TRUE(expect::same(item(Config::list({all, -1, range(nullptr, nullptr, 2)})),
                           get_item(xa, {Slice{}, -1, Slice{.step = 2}})));
  EXPECT_TRUE(expect::same(item(range(nullptr, 2, nullptr)), get_item(xa, {Slice{{}, 2}})));
  EXPECT_TRUE(
      expect::same(item(Config::list({named_config("__ellipsis__", Config::map()), 0})), get_item(xa, {ellipsis, 0})));
  EXPECT_EQ(item(Config::list({all, nullptr})).shape(), (Shape{6, 1, 4, 3}));
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

TEST(KerasOperations, RefuseWhatTheyDoNotUnderstand) {
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
  EXPECT_TRUE(
      refuses(entry(numpy, "Mean", "y", map_of({{"axis", Config::list()}}), {call_of({x})}), {"\"axis\" is empty"}));
  EXPECT_TRUE(
      refuses(entry(numpy, "Clip", "y", map_of({{"x_min", 0}}), {call_of({x})}), {"Clip", "\"x_max\" is missing"}));
  EXPECT_TRUE(refuses(entry(numpy, "Take", "y", {}, {call_of({x, x})}), {"Take", "\"indices\"", "Embedding"}));
}

TEST(KerasOperations, RefuseAnotherNumberOfOperands) {
  const Config x = tensor_from("x");
  const auto refuses = [&](const char* equation, const Config& call, const char* count) {
    const Config y = entry(numpy, "Einsum", "y", map_of({{"subscripts", equation}}), {call});
    return expect::error<ValueError>([&] { result_of(model_with(y)); }, {"Einsum", "2 operands", count});
  };
  EXPECT_TRUE(refuses("ij->i", call_of({x}), "got 1"));
  EXPECT_TRUE(refuses("ij,ij->i", call_of({x, x, x}), "got 3"));
}

TEST(KerasLayers, RefuseArgumentsThatTheyDoNotSupport) {
  const Config x = tensor_from("x"), quantized = map_of({{"mode", "int8"}});
  const auto read = [&](const Config& value) {
    return entry(layers, "Dense", "y", map_of({{"units", 2}, {"quantization_config", value}}), {call_of({x})});
  };
  EXPECT_TRUE(expect::error<ValueError>([&] { result_of(model_with(read(quantized))); },
                                        {"Dense", "\"quantization_config\" is not supported", "int8"}));
  EXPECT_EQ(result_of(model_with(read(nullptr))).columns(), 2);
}

TEST(KerasLayers, RefuseArgumentsThatTheyDoNotUnderstand) {
  const auto refuses = [](const Config& y, std::initializer_list<const char*> words) {
    return expect::error<ValueError>([&] { result_of(model_with(y)); }, words);
  };
  const Config x = tensor_from("x");
  EXPECT_TRUE(refuses(entry(layers, "Add", "y", {}, {call_of({x, 0.5})}), {"layer \"y\"", "mask", "0.5"}));
  EXPECT_TRUE(refuses(entry(layers, "Add", "y", {}, {call_of({Config::list({x, 0.5})})}),
                      {"layer \"y\"", "\"inputs\"", "0.5"}));
  EXPECT_TRUE(refuses(entry(layers, "ReLU", "y", {}, {call_of({x}, map_of({{"threshold", 1}}))}),
                      {"layer \"y\"", "\"threshold\""}));
  EXPECT_TRUE(
      refuses(entry(layers, "ReLU", "y", {}, {call_of({x}, map_of({{"threshold", nullptr}}))}), {"\"threshold\""}));
  EXPECT_TRUE(refuses(entry(layers, "ReLU", "y", {}, {call_of({x}, map_of({{"use_causal_mask", true}}))}),
                      {"\"use_causal_mask\""}));
  EXPECT_TRUE(refuses(entry(layers, "ReLU", "y", {}, {call_of({})}), {"layer \"y\"", "\"inputs\"", "missing"}));
  EXPECT_TRUE(
      refuses(entry(layers, "ReLU", "y", {}, {Config::list({Config::list({"x", 0, 0})})}), {"layer \"y\"", "args"}));
}

TEST(KerasLayers, TakeTheirInputsByName) {
  const Config x = tensor_from("x");
  EXPECT_TRUE(expect::same(
      result_of(model_with(entry(layers, "ReLU", "y", {}, {call_of({}, map_of({{"inputs", x}}))}))), relu(xa)));
  EXPECT_TRUE(expect::same(
      result_of(model_with(entry(layers, "Add", "y", {}, {call_of({}, map_of({{"inputs", Config::list({x, x})}}))}))),
      xa + xa));
  // Whatever their order in the file: here query - key's value differs from the value.
  Config attention =
      model_with(entry(layers, "MultiHeadAttention", "y", map_of({{"num_heads", 1}, {"key_dim", 2}}),
                       {call_of({}, map_of({{"value", tensor_from("v")}, {"query", x}, {"key", nullptr}}))}));
  attention["config"]["layers"] = Config::list(
      {input_entry("x", {-1, 4, 3}), input_entry("v", {-1, 4, 3}), attention.at("config").at("layers")[1]});
  attention["config"]["input_layers"] = Config::list({place("x"), place("v")});
  const auto model = model_from_config<float>(attention);
  auto& layer = static_cast<const Model<float>&>(*model).get_layer("y");
  EXPECT_TRUE(expect::same(model->apply({xa, xb}), layer.apply({xa, xb})));
  const auto gru = result_of(model_with(entry(
      layers, "GRU", "y", map_of({{"units", 2}}),
      {call_of({}, map_of({{"sequences", x}, {"initial_state", nullptr}, {"mask", nullptr}, {"training", false}}))})));
  EXPECT_EQ(gru.shape(), (Shape{6, 2}));
}

TEST(KerasLayers, TakeStatesByName) {
  const auto x = Input({4, 3}, {.name = "x"}), h = Input({2}, {.name = "h"});
  GRU gru(2, {.name = "gru"});
  Model model(std::vector{x, h}, gru.apply({x, h}));
  const Config config = model.get_config();
  const Config call = config.at("layers")[2].at("inbound_nodes")[0];
  EXPECT_EQ(call.at("args").size(), 1U) << call.to_string();
  EXPECT_NE(call.at("kwargs").find("initial_state"), nullptr) << call.to_string();
  const auto again = model_from_config<float>(named_config("Functional", config));
  again->set_weights(model.get_weights());
  const Tensor<float> state = expect::scattered<float>({6, 2}, 3);
  EXPECT_TRUE(expect::same(again->apply({xa, state}), model.apply({xa, state})));
}

// ---- Masks

TEST(KerasMasks, AreNodesOfTheGraph) {
  // As Keras writes Masking before an LSTM: NotEqual and Any compute the mask, which is an argument of the call.
  const Config x = tensor_from("x");
  const auto with_mask = [&](bool explicitly) {
    Config masking = entry(layers, "Masking", "masking", map_of({{"mask_value", 0.0}}), {call_of({x})});
    Config different = entry(numpy, "NotEqual", "not_equal", {}, {call_of({x, 0.0})});
    Config any =
        entry(numpy, "Any", "any", map_of({{"axis", -1}, {"keepdims", false}}), {call_of({tensor_from("not_equal")})});
    Config kwargs = map_of({{"training", false}, {"mask", explicitly ? tensor_from("any") : Config()}});
    Config lstm = entry(layers, "LSTM", "y", map_of({{"units", 2}}), {call_of({tensor_from("masking")}, kwargs)});
    Config model = model_with(lstm);
    model["config"]["layers"] = explicitly ? Config::list({input_entry("x", {-1, 4, 3}), masking, different, any, lstm})
                                           : Config::list({input_entry("x", {-1, 4, 3}), masking, lstm});
    return model_from_config<float>(model);
  };
  const auto given = with_mask(true), inferred = with_mask(false);
  given->set_weights(inferred->get_weights());
  Tensor<float> padded = where(expect::scattered<float>({6, 4, 1}, 7) > 0, xa, 0);
  EXPECT_TRUE(expect::same(given->apply({padded}), inferred->apply({padded})));
  EXPECT_EQ(given->compute_output_shapes({{unknown_size, 4, 3}}), (std::vector<Shape>{{unknown_size, 2}}));
  const auto again = model_from_config<float>(named_config("Functional", given->get_config()));
  again->set_weights(given->get_weights());
  EXPECT_EQ(again->get_config(), given->get_config());
  EXPECT_TRUE(expect::same(again->apply({padded}), given->apply({padded})));
}

TEST(KerasMasks, AreDrawn) {
  const auto x = Input({4, 3}, {.name = "x"}), keep = Input({4}, {.name = "keep"});
  GRU gru(2, {.name = "gru"});
  MultiHeadAttention attention(2, 2, {.name = "attention"});
  const auto y = gru.apply({x}, {}, {.inputs = {keep > 0}}).front();
  const auto z =
      attention.apply({x, x}, {}, {.inputs = {{}, keep}, .attention = Input({4, 4}, {.name = "pairs"})}).front();
  Model model(std::vector{x, keep}, std::vector{y});
  const Tensor<float> kept = expect::scattered<float>({6, 4}, 8);
  EXPECT_TRUE(expect::same(model.apply({xa, kept})[0], gru(xa, {.mask = kept > 0})));
  const Config call = model.get_config().at("layers")[3].at("inbound_nodes")[0];
  EXPECT_TRUE(detail::is_tensor(call.at("kwargs").at("mask"))) << call.to_string();
  EXPECT_EQ(z.shape(), (Shape{unknown_size, 4, 3}));
  EXPECT_TRUE(expect::error<ValueError>([&] { gru.apply({x}, {}, {.inputs = {keep, keep}}); }, {"2 masks", "1 input"}));
}

TEST(KerasMasks, GivenAsValuesAreWritten) {
  const auto x = Input({4, 3}, {.name = "x"});
  GRU gru(2, {.name = "gru"});
  const Tensor<float> mask{{1, 1, 0, 0}};
  Model model(x, gru(x, {.mask = broadcast_to(mask, {6, 4})}));
  const auto again = model_from_config<float>(named_config("Functional", model.get_config()));
  again->set_weights(model.get_weights());
  EXPECT_TRUE(expect::same(again->apply({xa}), model.apply({xa})));
}

TEST(Operations, EndMasksAsInKeras) {
  const auto x = Input({4, 3});
  const Tensor<float> padded = where(expect::scattered<float>({6, 4, 1}, 7) > 0, xa, 0);
  GRU gru(2);
  Model model(x, gru(x | Masking() | Dense(3)) * 1), ended(x, gru((x | Masking()) * 1));
  EXPECT_TRUE(expect::near(ended.predict(padded), gru(padded), {1e-6, 1e-6})) << "no mask";
}

// ---- Calls, inputs and outputs

TEST(Functional, CountsCallsOfModelsInsideAsKerasDoes) {
  clear_session();
  const auto inside = Input({3}, {.name = "inside"});
  Model inner(inside, inside | Dense(3, {.name = "d"}), "inner");
  Sequential chain{Input({3}), Dense(3)};
  chain.set_name("chain");
  const auto a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  const auto once = inner(a), again = inner(b), c = chain(a), d = chain(b);
  Model model(std::vector{a, b}, std::vector{once, again, d, c, again + once});
  const Config config = model.get_config();
  EXPECT_EQ(config.at("output_layers").to_string(),
            R"([["inner", 1, 0], ["inner", 2, 0], ["chain", 0, 0], ["chain", 1, 0], ["add", 0, 0]])");
  const Config& all = config.at("layers");
  const Config history = all[all.size() - 1].at("inbound_nodes")[0].at("args");
  EXPECT_EQ(history[0].at("config").at("keras_history").to_string(), R"(["inner", 1, 0])");
  EXPECT_EQ(history[1].at("config").at("keras_history").to_string(), R"(["inner", 0, 0])");
  const auto read = model_from_config<float>(named_config("Functional", config));
  EXPECT_EQ(read->get_config(), config);
  read->set_weights(model.get_weights());
  const Tensor<float> u = expect::scattered<float>({5, 3}, 1), v = expect::scattered<float>({5, 3}, 2);
  EXPECT_TRUE(expect::same(read->apply({u, v}), model.apply({u, v})));
  Config wrong = config;
  wrong["output_layers"][0][1] = 0;
  EXPECT_TRUE(expect::error<ValueError>([&] { Model<float>::from_config(wrong); }, {"\"inner\"", "number 1"}));
}

TEST(Functional, MayHaveInputsThatNothingUses) {
  const auto a = Input({3}, {.name = "a"}), spare = Input({2}, {.name = "spare"}), b = Input({3}, {.name = "b"});
  Model model(std::vector{a, spare, b}, std::vector{std::vector{a, b} | Add() | Dense(1)});
  const Tensor<float> u = expect::scattered<float>({5, 3}, 1), v = expect::scattered<float>({5, 3}, 2),
                      w = expect::scattered<float>({5, 2}, 3);
  const auto again = model_from_config<float>(named_config("Functional", model.get_config()));
  EXPECT_EQ(again->get_config(), model.get_config());
  again->set_weights(model.get_weights());
  EXPECT_TRUE(expect::same(again->apply({u, w, v}), model.apply({u, w, v})));
  EXPECT_NE(model.summary_text().find("spare (InputLayer)"), std::string::npos);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_NO_THROW(model.fit({u, w, v}, Tensor<float>::ones({5, 1}), {.verbose = 0}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { model.apply({u, v, v}); }, {"input \"spare\"", "(None, 2)"}));
}

TEST(Functional, TakesDictionariesByTheirSortedKeys) {
  const Config sum =
      entry(layers, "Subtract", "y", {}, {call_of({Config::list({tensor_from("x"), tensor_from("v")})})});
  Config model = model_with(sum, {-1, 3});
  model["config"]["layers"] = Config::list({input_entry("x", {-1, 3}), input_entry("v", {-1, 3}), sum});
  model["config"]["input_layers"] = map_of({{"wide", place("x")}, {"deep", place("v")}});
  const Tensor<float> deep{{1, 2, 3}}, wide{{10, 20, 30}};
  EXPECT_TRUE(expect::same(model_from_config<float>(model)->apply({deep, wide})[0], wide - deep));
}

TEST(KerasLayers, LeaveTrainingToTheCallAround) {
  // Keras writes a layer's default, false, as if it had been given.
  const Tensor<float> ones = Tensor<float>::ones({6, 4, 3});
  const Config dropout = entry(layers, "Dropout", "y", map_of({{"rate", 0.5}}),
                               {call_of({tensor_from("x")}, map_of({{"training", false}}))});
  const auto model = model_from_config<float>(model_with(dropout));
  EXPECT_TRUE(expect::same(model->apply({ones})[0], ones));
  EXPECT_FALSE(expect::same(model->apply({ones}, {.training = true})[0], ones));
}

}  // namespace
