#include <lamina/io/json.hpp>
#include <lamina/io/legacy_config.hpp>
#include <lamina/models/model_from_config.hpp>
#include <string>
#include <vector>

#include "support/expect.hpp"

// Configurations of Keras 2, as its versions wrote them.

using namespace lamina;

namespace {

Config json(const std::string& text) { return detail::parse_json("test", text); }
Config upgraded(const std::string& text) { return detail::LegacyConfig::upgraded(json(text)); }
Config upgraded_layer(const std::string& class_name, const std::string& arguments) {
  return upgraded("{\"class_name\": \"" + class_name + "\", \"config\": " + arguments + "}");
}
Config constructed(const std::string& class_name, const std::string& arguments) {
  const auto layer = model_from_config<float>(upgraded_layer(class_name, arguments));
  return named_config(layer->class_name(), layer->get_config());
}

TEST(Keras2, ReadsSeparableConvolutionsOfTensorFlow) {
  const Config layer = constructed("SeparableConv2D", R"({"name": "s", "trainable": true, "dtype": "float32",
    "filters": 4, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "data_format": "channels_last",
    "dilation_rate": [1, 1], "groups": 1, "activation": "relu", "use_bias": false,
    "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}},
    "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": null, "bias_regularizer": null,
    "activity_regularizer": null, "kernel_constraint": null, "bias_constraint": null, "depth_multiplier": 1,
    "depthwise_initializer": {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg",
      "distribution": "normal", "seed": null, "dtype": "float32"}},
    "pointwise_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}}, "depthwise_regularizer": null,
    "pointwise_regularizer": null, "depthwise_constraint": null, "pointwise_constraint": null})");
  EXPECT_EQ(layer.at("config").at("filters"), Config(4));
  EXPECT_EQ(layer.at("config").at("depthwise_initializer").at("config").at("distribution"), Config("truncated_normal"));
  EXPECT_TRUE(expect::error<ValueError>(
      [] { constructed("SeparableConv2D", R"({"filters": 4, "kernel_size": 3, "groups": 2})"); },
      {"SeparableConv2D", "groups = 2"}));
}

TEST(Keras2, ReadsRenamedArgumentsAndClasses) {
  EXPECT_EQ(constructed("LeakyReLU", R"({"alpha": 0.25})").at("config").at("negative_slope"), Config(0.25));
  EXPECT_EQ(
      constructed("LeakyReLU", R"({"alpha": {"type": "ndarray", "value": 0.25}})").at("config").at("negative_slope"),
      Config(0.25));
  EXPECT_EQ(constructed("ThresholdedReLU", R"({"theta": 2.0})").at("class_name"), Config("ReLU"));
  EXPECT_EQ(constructed("BatchNormalizationV1", R"({"axis": [3], "momentum": 0.5, "epsilon": 0.001})")
                .at("config")
                .at("axis"),
            Config(3));
  EXPECT_EQ(constructed("Activation", R"({"activation": "softmax_v2"})").at("config").at("activation"),
            Config("softmax"));
  EXPECT_TRUE(expect::error<ValueError>([] { constructed("BatchNormalization", R"({"virtual_batch_size": 2})"); },
                                        {"virtual_batch_size"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { constructed("LSTM", R"({"units": 2, "time_major": true})"); }, {"time_major"}));
  const Config attention = constructed("MultiHeadAttention", R"({"num_heads": 2, "key_dim": 3, "value_dim": 3,
    "dropout": 0.0, "use_bias": true, "output_shape": null, "attention_axes": [1], "query_shape": [null, 4, 6],
    "key_shape": [null, 4, 6], "value_shape": [null, 4, 6], "softmax_robust_masking": false})");
  EXPECT_EQ(attention.at("config").at("num_heads"), Config(2));
  EXPECT_TRUE(expect::error<ValueError>([] { constructed("Attention", R"({"causal": true})"); }, {"causal = true"}));
}

TEST(Keras2, ReadsRecurrentLayers) {
  const char* const gru = R"({"units": 3, "recurrent_activation": "sigmoid", "implementation": 1})";
  EXPECT_EQ(constructed("GRU", gru).at("config").at("reset_after"), Config(false));
  EXPECT_EQ(
      constructed("GRU", R"({"units": 3, "implementation": 2, "reset_after": true})").at("config").at("reset_after"),
      Config(true));
  EXPECT_EQ(constructed("GRU", R"({"units": 3})").at("config").at("reset_after"), Config(true)) << "Keras 3";
  EXPECT_EQ(constructed("CuDNNGRU", R"({"units": 3, "return_sequences": true})").at("config").at("reset_after"),
            Config(true));
  const Config lstm = constructed("CuDNNLSTM", R"({"units": 3, "unit_forget_bias": true, "stateful": false})");
  EXPECT_EQ(lstm.at("class_name"), Config("LSTM"));
  EXPECT_EQ(lstm.at("config").at("recurrent_activation"), Config("sigmoid"));
}

TEST(Keras2, ReadsLambda) {
  const char* const named = R"({"name": "l", "function": "softsign", "function_type": "function", "output_shape": null,
    "output_shape_type": "raw", "module": "__main__", "output_shape_module": null, "arguments": {}})";
  const auto layer = model_from_config<float>(upgraded_layer("Lambda", named));
  const Tensor<float> x = expect::scattered<float>({2, 3});
  EXPECT_TRUE(expect::near((*layer)(x), x / (abs(x) + 1.0F), {1e-6, 1e-7}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] { constructed("Lambda", R"({"function": ["4wEA", null, null], "function_type": "lambda"})"); },
      {"Lambda", "bytecode", "register_lambda"}));
}

struct Doubled : Layer<float> {
  std::string class_name() const override { return "Doubled"; }
  Config get_config() const override { return Config::map(); }
  static std::shared_ptr<Doubled> from_config(const Config&) { return std::make_shared<Doubled>(); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * 2.0F; }
};

TEST(Keras2, FindsRegisteredClasses) {
  const CustomObjectScope scope({custom_object<Doubled>("mine>Doubled")});
  const Tensor<float> x = expect::scattered<float>({2, 3});
  const auto layer = model_from_config<float>(upgraded_layer("mine>Doubled", "{\"name\": \"d\"}"));
  EXPECT_TRUE(expect::same((*layer)(x), x * 2.0F));
  EXPECT_TRUE(
      expect::error<ValueError>([] { constructed("Addons>WeightNormalization", "{\"name\": \"w\"}"); },
                                {"WeightNormalization", "\"w\"", "TensorFlow Addons", "register_custom_object"}));
}

// ---- Graphs

std::string input(const char* name, const char* shape) {
  return text("{\"class_name\": \"InputLayer\", \"config\": {\"batch_input_shape\": ", shape,
              ", \"dtype\": \"float32\", \"sparse\": false, \"ragged\": false, \"name\": \"", name, "\"}, \"name\": \"",
              name, "\", \"inbound_nodes\": []}");
}
std::string layer(const char* class_name, const char* name, const std::string& arguments, const std::string& nodes) {
  return text(", {\"class_name\": \"", class_name, "\", \"name\": \"", name, "\", \"config\": {\"name\": \"", name,
              "\"", arguments.empty() ? "" : ", ", arguments, "}, \"inbound_nodes\": ", nodes, "}");
}
std::shared_ptr<Layer<float>> model(const std::string& layers, const std::string& inputs, const std::string& outputs) {
  return model_from_config<float>(
      upgraded(text("{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", \"layers\": [", layers,
                    "], \"input_layers\": ", inputs, ", \"output_layers\": ", outputs, "}}")));
}

TEST(Keras2, PassesInitialStates) {
  const std::string layers =
      input("x", "[null, 4, 3]") + ", " + input("h", "[null, 2]") + ", " + input("c", "[null, 2]");
  const std::string lstm = R"("units": 2, "time_major": false)";
  const auto by_list =
      model(layers + layer("LSTM", "l", lstm, R"([[["x", 0, 0, {}], ["h", 0, 0, {}], ["c", 0, 0, {}]]])"),
            R"([["x", 0, 0], ["h", 0, 0], ["c", 0, 0]])", R"([["l", 0, 0]])");
  const auto by_name =
      model(layers + layer("LSTM", "l", lstm, R"([[["x", 0, 0, {"initial_state": [["h", 0, 0], ["c", 0, 0]]}]]])"),
            R"([["x", 0, 0], ["h", 0, 0], ["c", 0, 0]])", R"([["l", 0, 0]])");
  const Tensor<float> x = expect::scattered<float>({5, 4, 3}, 1), h = expect::scattered<float>({5, 2}, 2),
                      c = expect::scattered<float>({5, 2}, 3);
  LSTM<float> alone(2);
  alone(x);
  const std::vector<Tensor<float>> weights = alone.get_weights();
  const Tensor<float> expected = alone.apply(std::vector<Tensor<float>>{x, h, c}).front();
  for (const auto& read : {by_list, by_name}) {
    read->set_weights(weights);
    EXPECT_TRUE(expect::same(read->apply(std::vector<Tensor<float>>{x, h, c}).front(), expected));
  }
}

TEST(Keras2, ReadsOperationsOfTensorFlow) {
  const auto computed = [](const char* function, const std::string& node, const Tensor<float>& x) {
    const auto read =
        model(input("x", "[null, 3]") + layer("TFOpLambda", "tf.op",
                                              text("\"function\": \"", function, "\", \"dtype\": \"float32\""),
                                              text("[", node, "]")),
              R"([["x", 0, 0]])", R"([["tf.op", 0, 0]])");
    return read->apply(std::vector<Tensor<float>>{x}).front();
  };
  const Tensor<float> x = expect::scattered<float>({2, 3}), y = x + 2.0F;
  EXPECT_TRUE(expect::same(computed("math.multiply", R"(["x", 0, 0, {"y": 0.5, "name": null}])", x), x * 0.5F));
  EXPECT_TRUE(expect::same(
      computed("math.subtract", R"(["_CONSTANT_VALUE", -1, 1.5, {"y": ["x", 0, 0], "name": null}])", x), 1.5F - x));
  EXPECT_TRUE(
      expect::same(computed("__operators__.add", R"(["x", 0, 0, {"y": ["x", 0, 0], "name": null}])", x), x + x));
  EXPECT_TRUE(expect::same(computed("math.truediv", R"(["x", 0, 0, {"y": 4.0, "name": null}])", x), x / 4.0F));
  EXPECT_TRUE(expect::same(computed("math.sqrt", R"(["x", 0, 0, {}])", y), sqrt(y)));
  EXPECT_TRUE(expect::same(computed("math.reduce_mean", R"(["x", 0, 0, {"axis": 1, "keepdims": true}])", x),
                           mean(x, {.axes = {1}, .keepdims = true})));
  EXPECT_TRUE(expect::same(computed("concat", R"([["x", 0, 0, {"axis": 1}], ["x", 0, 0, {"axis": 1}]])", x),
                           concatenate(1, x, x)));
  EXPECT_TRUE(expect::same(computed("reshape", R"(["x", 0, 0, {"shape": [-1, 3, 1]}])", x), reshape(x, {2, 3, 1})));
  EXPECT_TRUE(expect::error<ValueError>([&] { computed("math.erfinv", R"(["x", 0, 0, {}])", x); },
                                        {"TFOpLambda", "\"tf.op\"", "math.erfinv", "not supported"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { computed("linalg.matmul", R"(["x", 0, 0, {"b": ["x", 0, 0], "transpose_b": true}])", x); },
      {"\"tf.op\"", "transpose_b"}));
}

TEST(Keras2, ReadsSlicesOfTensorFlow) {
  const auto read = model(
      input("x", "[null, 4, 3]") + layer("SlicingOpLambda", "tf.slice", R"("function": "__operators__.getitem")",
                                         R"([["x", 0, 0, {"slice_spec": [{"start": null, "stop": null, "step": null}, 1,
                                               {"start": 1, "stop": null, "step": null}]}]])"),
      R"([["x", 0, 0]])", R"([["tf.slice", 0, 0]])");
  const Tensor<float> x = expect::scattered<float>({2, 4, 3});
  const Tensor<float> y = read->apply(std::vector<Tensor<float>>{x}).front();
  ASSERT_EQ(y.shape(), Shape({2, 2}));
  EXPECT_EQ(y[0], x[4]);
  EXPECT_EQ(y[3], x[17]);
}

}  // namespace
