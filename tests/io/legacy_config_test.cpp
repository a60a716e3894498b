#include <gtest/gtest.h>

#include <lamina/io/json.hpp>
#include <lamina/io/legacy_config.hpp>
#include <string>

#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using lamina::detail::LegacyConfig;
using lamina::testing_support::error_text;

Config upgraded(const std::string& json) { return LegacyConfig::upgraded(detail::parse_json("test", json)); }
void expect_upgraded(const std::string& old, const std::string& expected) {
  const Config result = upgraded(old);
  EXPECT_EQ(result, detail::parse_json("expected", expected)) << result.to_string();
  EXPECT_EQ(LegacyConfig::upgraded(result), result) << "a second time changes nothing";
}
std::string refusal(const std::string& json) {
  return error_text<ValueError>([&] { upgraded(json); });
}

TEST(LegacyConfig, KeepsKeras3) {
  for (
      const char* json :
      {R"({"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "InputLayer",
            "config": {"batch_shape": [null, 2]}}, {"class_name": "Dense", "config": {"units": 2, "dtype": "float32"}}]}})",
       R"({"class_name": "Functional", "config": {"layers": [{"class_name": "Dense", "name": "d", "config": {},
            "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["inner", 0, 0]}}],
            "kwargs": {}}]}], "output_layers": ["inner", 1, 0]}})",
       "null", "3", "[]", "{}", R"({"class_name": "Dense"})", R"({"class_name": "Dense", "config": null})",
       R"({"class_name": 3, "config": {}})", R"({"class_name": "Sequential", "config": {"layers": [3, null, []]}})"})
    expect_upgraded(json, json);
}

TEST(LegacyConfig, GivesASequentialItsInput) {
  expect_upgraded(
      R"({"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"batch_input_shape": [null, 3],
                      "units": 2}}, {"class_name": "Dense", "config": {"units": 1}}]})",
      R"({"class_name": "Sequential", "config": {"layers": [{"class_name": "InputLayer", "config": {"batch_shape":
                      [null, 3]}}, {"class_name": "Dense", "config": {"units": 2}}, {"class_name": "Dense", "config":
                      {"units": 1}}]}})");
  expect_upgraded(
      R"({"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "InputLayer", "config":
                      {"batch_input_shape": [null, 3], "sparse": false}}]}})",
      R"({"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "InputLayer", "config":
                      {"sparse": false, "batch_shape": [null, 3]}}]}})");
  expect_upgraded(R"({"class_name": "Sequential", "config": []})",
                  R"({"class_name": "Sequential", "config": {"layers": []}})");
}

TEST(LegacyConfig, UpgradesArguments) {
  expect_upgraded(
      R"({"class_name": "LSTM", "config": {"units": 2, "implementation": 1, "time_major": false, "consume_less":
                      "cpu", "kernel_initializer": {"class_name": "Zeros", "config": {"dtype": "float32"}}}})",
      R"({"class_name": "LSTM", "config": {"units": 2, "kernel_initializer": {"class_name": "Zeros", "config": {}}}})");
  expect_upgraded(R"({"class_name": "BatchNormalization", "config": {"axis": [3]}})",
                  R"({"class_name": "BatchNormalization", "config": {"axis": 3}})");
  expect_upgraded(R"({"class_name": "BatchNormalization", "config": {"axis": [1, 2]}})",
                  R"({"class_name": "BatchNormalization", "config": {"axis": [1, 2]}})");
  expect_upgraded(R"({"class_name": "DepthwiseConv2D", "config": {"groups": 1}})",
                  R"({"class_name": "DepthwiseConv2D", "config": {}})");
  expect_upgraded(R"({"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Conv2DTranspose", "config":
                      {"groups": null}}, "backward_layer": {"class_name": "GRU", "config": {"time_major": false}}}})",
                  R"({"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Conv2DTranspose", "config":
                      {}}, "backward_layer": {"class_name": "GRU", "config": {}}}})");
  EXPECT_EQ(refusal(R"({"class_name": "LSTM", "config": {"time_major": true}})"),
            "LSTM: time_major = true is not supported: expected false");
  EXPECT_EQ(refusal(R"({"class_name": "Conv1DTranspose", "config": {"groups": 2}})"),
            "Conv1DTranspose: groups = 2 is not supported: expected 1");
}

TEST(LegacyConfig, ChecksDtypes) {
  for (const char* known : {R"("float32")", "null", R"("mixed_bfloat16")",
                            R"({"class_name": "DTypePolicy", "config": {"name": "float16"}})",
                            R"({"class_name": "DTypePolicyMap", "config": {}})"})
    EXPECT_NO_THROW(upgraded(text(R"({"class_name": "Dense", "config": {"dtype": )", known, "}}"))) << known;
  for (const char* unknown : {R"("float33")", R"({"class_name": "DTypePolicy", "config": {"name": "float33"}})"})
    EXPECT_EQ(refusal(text(R"({"class_name": "Dense", "config": {"dtype": )", unknown, "}}")),
              "Dense: unknown dtype \"float33\": expected a type such as float32, or a policy such as mixed_float16");
}

/// A tensor of Keras 3.
std::string tensor(const char* layer, int call) {
  return text(R"({"class_name": "__keras_tensor__", "config": {"keras_history": [")", layer, "\", ", call, ", 0]}}");
}

TEST(LegacyConfig, UpgradesGraphs) {
  const Config model = upgraded(
      R"({"class_name": "Model", "config": {"name": "m", "layers": [
          {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [null, 3], "name": "x"}, "inbound_nodes": []},
          {"class_name": "Model", "name": "inner", "config": {"layers": []}, "inbound_nodes": [[["x", 0, 0, {}]],
            [["x", 0, 0, {}]]]},
          {"class_name": "Dense", "name": "d", "config": {"units": 1}, "inbound_nodes": [[["inner", 1, 0, {}]]]},
          {"class_name": "Add", "name": "sum", "config": {}, "inbound_nodes": [[["d", 0, 0, {}], ["inner", 2, 0, {}]]]},
          {"class_name": "GRU", "name": "r", "config": {}, "inbound_nodes": [[["sum", 0, 0, {"training": true,
            "initial_state": [["d", 0, 0]]}]]]}],
        "input_layers": [["x", 0, 0]], "output_layers": [["inner", 2, 0], ["r", 0, 0]]}})");
  const Config& layers = model.at("config").at("layers");
  EXPECT_EQ(layers[0].at("config").at("batch_shape")[1].as_integer(), 3);
  const auto expect_node = [&](int layer, std::size_t call, const std::string& expected) {
    const Config& node = layers[layer].at("inbound_nodes")[call];
    EXPECT_EQ(node, detail::parse_json("expected", expected)) << node.to_string();
  };
  expect_node(1, 1, R"({"args": [)" + tensor("x", 0) + R"(], "kwargs": {}})");
  // Keras 2 counts the calls of nested models from 1; Keras 3 does so only in the lists of inputs and outputs.
  expect_node(2, 0, R"({"args": [)" + tensor("inner", 0) + R"(], "kwargs": {}})");
  expect_node(3, 0, R"({"args": [[)" + tensor("d", 0) + ", " + tensor("inner", 1) + R"(]], "kwargs": {}})");
  expect_node(4, 0,
              R"({"args": [)" + tensor("sum", 0) + R"(], "kwargs": {"training": true, "initial_state": [)" +
                  tensor("d", 0) + "]}}");
  EXPECT_EQ(model.at("config").at("output_layers"),
            detail::parse_json("expected", R"([["inner", 2, 0], ["r", 0, 0]])"));
  EXPECT_EQ(LegacyConfig::upgraded(model), model) << "a second time changes nothing";
}

TEST(LegacyConfig, RefusesDamagedGraphs) {
  const auto graph = [](const char* nodes) {
    return text(R"({"class_name": "Model", "config": {"layers": [{"class_name": "Dense", "name": "d", "config": {},
                    "inbound_nodes": )",
                nodes, "}]}}");
  };
  EXPECT_NE(
      refusal(graph(R"([[["d", 0]]])")).find("layer Dense: expected a call [[layer, call, output, {...}], ...], got "),
      std::string::npos);
  EXPECT_NE(refusal(graph(R"([[["d", 0, 0, 7]]])")).find("expected a call"), std::string::npos);
  EXPECT_NE(refusal(graph(R"([[["d", 0.5, 0]]])")).find("expected an integer, got 0.5"), std::string::npos);
  for (const char* number : {"-1", "-9223372036854775808", "9223372036854775807", "2147483648"})
    EXPECT_EQ(refusal(graph(text(R"([[["d", 0, 0], ["d", )", number, ", 0]]]").c_str())),
              text("layer \"d\": expected the number of a call, in [0, 2^31), got ", number));
  EXPECT_NO_THROW(upgraded(graph(R"([[["elsewhere", 2147483647, 0]]])")));
}

}  // namespace
