#include <lamina/io/json.hpp>
#include <lamina/io/legacy_config.hpp>
#include <lamina/models/model_from_config.hpp>
#include <string>

#include "support/expect.hpp"
#include "support/warnings.hpp"

// Configurations of Keras 0 and 1, as those versions wrote them.

using namespace lamina;

namespace {

using lamina::testing_support::Warnings;

Config upgraded(const std::string& json) { return detail::LegacyConfig::upgraded(detail::parse_json("test", json)); }
/// The configuration of a layer after the upgrade.
Config upgraded_layer(const std::string& class_name, const std::string& arguments) {
  return upgraded("{\"class_name\": \"" + class_name + "\", \"config\": " + arguments + "}");
}
/// Constructs the layer, and returns what it says of itself.
Config constructed(const std::string& class_name, const std::string& arguments) {
  const auto layer = model_from_config<float>(upgraded_layer(class_name, arguments));
  return named_config(layer->class_name(), layer->get_config());
}
Config json(const std::string& text) { return detail::parse_json("test", text); }

TEST(Keras1, ReadsDense) {
  const Config dense = constructed(
      "Dense",
      R"({"name": "dense_1", "trainable": true, "output_dim": 6, "init": "glorot_uniform", "activation": "relu",
          "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.25}, "b_regularizer": null,
          "activity_regularizer": {"name": "ActivityRegularizer", "l1": 0.5, "l2": 0.0},
          "W_constraint": {"name": "MaxNorm", "m": 3, "axis": 0}, "b_constraint": {"name": "NonNeg"}, "bias": false,
          "input_dim": 4})");
  const Config& config = dense.at("config");
  EXPECT_EQ(dense.at("class_name"), Config("Dense"));
  EXPECT_EQ(config.at("name"), Config("dense_1"));
  EXPECT_EQ(config.at("units"), Config(6));
  EXPECT_EQ(config.at("activation"), Config("relu"));
  EXPECT_EQ(config.at("use_bias"), Config(false));
  EXPECT_EQ(config.at("kernel_initializer").at("class_name"), Config("GlorotUniform"));
  EXPECT_EQ(config.at("kernel_regularizer").at("config").at("l2"), Config(0.25));
  EXPECT_EQ(config.at("activity_regularizer").at("config").at("l1"), Config(0.5));
  EXPECT_EQ(config.at("kernel_constraint").at("config").at("max_value").as_real(), 3);
  EXPECT_EQ(config.at("bias_constraint").at("class_name"), Config("NonNeg"));
}

TEST(Keras1, ReadsConvolutions) {
  const Config first = upgraded_layer(
      "Convolution2D", R"({"name": "convolution2d_1", "nb_filter": 4, "nb_row": 3, "nb_col": 5, "border_mode": "same",
        "subsample": [1, 2], "dim_ordering": "th", "init": "he_normal", "bias": true, "activation": "linear",
        "W_regularizer": null, "b_regularizer": null, "activity_regularizer": null, "W_constraint": null,
        "b_constraint": null})");
  EXPECT_EQ(first.at("class_name"), Config("Conv2D"));
  EXPECT_EQ(first.at("config").at("kernel_size"), json("[3, 5]"));
  EXPECT_EQ(first.at("config").at("data_format"), Config("channels_first"));
  EXPECT_EQ(first.at("config").at("strides"), json("[1, 2]"));
  EXPECT_EQ(first.at("config").at("padding"), Config("same"));
  const Config one = constructed("AtrousConvolution1D",
                                 R"({"nb_filter": 2, "filter_length": 3, "atrous_rate": 4, "subsample_length": 1,
                                     "border_mode": "valid", "init": "uniform", "input_dim": 7, "input_length": 20})");
  EXPECT_EQ(one.at("class_name"), Config("Conv1D"));
  EXPECT_EQ(one.at("config").at("dilation_rate"), json("[4]"));
  const Config three = constructed("Convolution3D",
                                   R"({"nb_filter": 2, "kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3,
                                       "dim_ordering": "tf", "init": "one", "subsample": [1, 1, 1]})");
  EXPECT_EQ(three.at("config").at("kernel_size"), json("[1, 2, 3]"));
  EXPECT_EQ(three.at("config").at("kernel_initializer").at("class_name"), Config("Ones"));
  const Config separable = constructed("SeparableConvolution2D",
                                       R"({"nb_filter": 2, "nb_row": 3, "nb_col": 3, "depth_multiplier": 2,
                                           "dim_ordering": "tf", "init": "zero", "border_mode": "valid"})");
  EXPECT_EQ(separable.at("config").at("depthwise_initializer").at("class_name"), Config("Zeros"));
  EXPECT_EQ(separable.at("config").at("pointwise_initializer").at("class_name"), Config("Zeros"));
}

TEST(Keras1, ComputesTheOutputPaddingOfDeconvolutions) {
  const auto shape_of = [](const char* output, const char* mode, Index stride, Index input) {
    const auto layer = model_from_config<float>(upgraded_layer(
        "Deconvolution2D",
        text(
            "{\"nb_filter\": 2, \"nb_row\": 3, \"nb_col\": 3, \"dim_ordering\": \"tf\", \"init\": \"glorot_uniform\", ",
            "\"border_mode\": \"", mode, "\", \"subsample\": [", stride, ", ", stride, "], \"output_shape\": ", output,
            "}")));
    return layer->compute_output_shape({1, input, input, 1});
  };
  EXPECT_EQ(shape_of("[null, 14, 14, 2]", "same", 2, 7), Shape({1, 14, 14, 2}));
  EXPECT_EQ(shape_of("[null, 13, 13, 2]", "same", 2, 7), Shape({1, 13, 13, 2}));
  EXPECT_EQ(shape_of("[null, 15, 15, 2]", "valid", 2, 7), Shape({1, 15, 15, 2}));
  EXPECT_EQ(shape_of("[null, 16, 16, 2]", "valid", 2, 7), Shape({1, 16, 16, 2}));
  EXPECT_EQ(shape_of("[null, 9, 9, 2]", "valid", 1, 7), Shape({1, 9, 9, 2}));
}

TEST(Keras1, ReadsRecurrentLayers) {
  const Config lstm =
      constructed("LSTM", R"({"name": "lstm_1", "output_dim": 5, "init": "glorot_uniform", "inner_init": "orthogonal",
        "forget_bias_init": "one", "activation": "tanh", "inner_activation": "sigmoid", "W_regularizer": null,
        "U_regularizer": {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.5}, "b_regularizer": null, "dropout_W": 0.25,
        "dropout_U": 0.5, "return_sequences": true, "go_backwards": false, "stateful": false, "unroll": false,
        "consume_less": "cpu", "input_dim": 3, "input_length": null})");
  const Config& config = lstm.at("config");
  EXPECT_EQ(config.at("units"), Config(5));
  EXPECT_EQ(config.at("dropout"), Config(0.25));
  EXPECT_EQ(config.at("recurrent_dropout"), Config(0.5));
  EXPECT_EQ(config.at("recurrent_activation"), Config("sigmoid"));
  EXPECT_EQ(config.at("recurrent_initializer").at("class_name"), Config("Orthogonal"));
  EXPECT_EQ(config.at("recurrent_regularizer").at("config").at("l2"), Config(0.5));
  EXPECT_EQ(config.at("unit_forget_bias"), Config(true));
  const Config gru = constructed("GRU", R"({"output_dim": 5, "inner_init": "orthogonal", "init": "glorot_uniform",
                                           "inner_activation": "sigmoid", "consume_less": "gpu"})");
  EXPECT_EQ(gru.at("config").at("reset_after"), Config(false));
  const Config wrapped = upgraded_layer(
      "Bidirectional", R"({"merge_mode": "concat", "layer": {"class_name": "LSTM", "config": {"output_dim": 4,
                           "forget_bias_init": "zero", "consume_less": "mem"}}})");
  EXPECT_EQ(wrapped.at("config").at("layer").at("config").at("units"), Config(4));
  EXPECT_EQ(wrapped.at("config").at("layer").at("config").at("unit_forget_bias"), Config(false));
}

TEST(Keras1, ReadsLayersWithoutWeights) {
  EXPECT_EQ(constructed("Dropout", R"({"p": 0.25})").at("config").at("rate"), Config(0.25));
  EXPECT_EQ(constructed("GaussianNoise", R"({"sigma": 0.5})").at("config").at("stddev"), Config(0.5));
  EXPECT_EQ(constructed("GaussianDropout", R"({"p": 0.5})").at("config").at("rate"), Config(0.5));
  EXPECT_EQ(constructed("MaxPooling1D", R"({"stride": 3, "pool_length": 2, "border_mode": "same"})")
                .at("config")
                .at("pool_size"),
            json("[2]"));
  EXPECT_EQ(constructed("UpSampling1D", R"({"length": 3})").at("config").at("size").as_integer(), 3);
  EXPECT_EQ(constructed("GlobalAveragePooling2D", R"({"dim_ordering": "th"})").at("config").at("data_format"),
            Config("channels_first"));
  EXPECT_EQ(constructed("ZeroPadding2D", R"({"padding": [1, 2, 3, 4]})").at("config").at("padding"),
            json("[[1, 2], [3, 4]]"));
  EXPECT_EQ(constructed("ZeroPadding2D", R"({"padding": {"top_pad": 1, "left_pad": 3}})").at("config").at("padding"),
            json("[[1, 0], [3, 0]]"));
  EXPECT_EQ(constructed("ZeroPadding1D", R"({"padding": {"left_pad": 2, "right_pad": 1}})").at("config").at("padding"),
            json("[2, 1]"));
  EXPECT_EQ(constructed("PReLU", R"({"init": "zero"})").at("config").at("alpha_initializer").at("class_name"),
            Config("Zeros"));
  EXPECT_EQ(constructed("ThresholdedReLU", R"({"theta": 0.5})").at("config").at("threshold"), Config(0.5));
}

TEST(Keras1, LayersWithoutDimOrderingFollowTheOthers) {
  const auto model = [](const char* first, const char* second) {
    return text(R"({"class_name": "Sequential", "config": [{"class_name": "Convolution2D", "config": {"nb_filter": 2,
      "nb_row": 1, "nb_col": 1, "dim_ordering": ")",
                first, R"(", "batch_input_shape": [null, 3, 4, 4]}},
      {"class_name": "MaxPooling2D", "config": {"pool_size": [2, 2], "dim_ordering": ")",
                second, R"("}}, {"class_name": "UpSampling2D", "config": {"size": [2, 2]}}]})");
  };
  const Config first = upgraded(model("th", "th"));
  EXPECT_EQ(first.at("config").at("layers")[3].at("config").at("data_format"), Config("channels_first"));
  EXPECT_EQ(upgraded(model("tf", "tf")).at("config").at("layers")[3].at("config").at("data_format"),
            Config("channels_last"));
  EXPECT_TRUE(expect::error<ValueError>([&] { upgraded(model("th", "tf")); }, {"UpSampling2D", "dim_ordering"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { upgraded(model("th", "nhwc")); }, {"dim_ordering", "\"nhwc\""}));
}

TEST(Keras1, RefusesWhatHasNoCounterpart) {
  for (const char* removed : {"TimeDistributedDense", "Highway", "MaxoutDense", "SReLU", "ParametricSoftplus"})
    EXPECT_TRUE(expect::error<ValueError>([&] { upgraded_layer(removed, R"({"name": "old_1"})"); },
                                          {removed, "\"old_1\"", "register_custom_object"}));
  for (const char* mode : {"1", "2"})
    EXPECT_TRUE(expect::error<ValueError>(
        [&] { upgraded_layer("BatchNormalization", text("{\"mode\": ", mode, ", \"epsilon\": 0.001, \"axis\": -1}")); },
        {"BatchNormalization", "mode = ", mode}));
  EXPECT_EQ(constructed("BatchNormalization", R"({"mode": 0, "epsilon": 0.5, "axis": 1, "momentum": 0.9,
                                                  "gamma_regularizer": null, "beta_regularizer": null})")
                .at("config")
                .at("epsilon"),
            Config(0.5));
  EXPECT_TRUE(expect::error<ValueError>([] { constructed("Dense", R"({"output_dim": 2, "sparsity": 1})"); },
                                        {"Dense", "\"sparsity\""}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] { constructed("Dense", R"({"output_dim": 2, "W_regularizer": {"name": "EigenvalueRegularizer", "k": 1}})"); },
      {"EigenvalueRegularizer"}));
}

TEST(Keras1, WarnsOfTrainingArguments) {
  const Warnings warnings;
  const Config embedding = constructed("Embedding", R"({"input_dim": 10, "output_dim": 4, "init": "uniform",
    "input_length": null, "mask_zero": true, "activity_regularizer": null, "W_regularizer": null, "W_constraint": null,
    "dropout": 0.0})");
  EXPECT_EQ(embedding.at("config").at("output_dim"), Config(4));
  EXPECT_EQ(embedding.at("config").at("mask_zero"), Config(true));
  EXPECT_EQ(warnings.count(), 0U);
  constructed("Embedding", R"({"input_dim": 10, "output_dim": 4, "init": "uniform", "dropout": 0.5})");
  ASSERT_EQ(warnings.count(), 1U);
  EXPECT_NE(warnings.text().find("dropout = 0.5"), std::string::npos) << warnings.text();
}

struct Highway : Layer<float> {
  struct Arguments {
    std::string init;
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("init", self.init);
    }
  };
  explicit Highway(Arguments a) : arguments(std::move(a)) {}
  std::string class_name() const override { return "Highway"; }
  Config get_config() const override { return config_with(arguments); }
  Tensor<float> call(const Tensor<float>& x) const override { return x; }
  Arguments arguments;
};

TEST(Keras1, LeavesCustomClassesAlone) {
  const CustomObjectScope scope({custom_object<Highway>("Highway")});
  const Config highway = constructed("Highway", R"({"init": "one"})");
  EXPECT_EQ(highway.at("config").at("init"), Config("one"));
  EXPECT_EQ(upgraded_layer("Mine", R"({"p": 1, "nb_filter": 2})").at("config"), json(R"({"p": 1, "nb_filter": 2})"));
}

// ---- Merge

TEST(Keras1, ReadsMergeInGraphs) {
  const auto merged = [](const std::string& arguments, const Tensor<float>& a, const Tensor<float>& b) {
    const Config config = upgraded(text(R"({"class_name": "Model", "config": {"name": "m", "layers": [
      {"name": "a", "class_name": "InputLayer", "config": {"batch_input_shape": [null, 3], "input_dtype": "float32",
        "sparse": false, "name": "a"}, "inbound_nodes": []},
      {"name": "b", "class_name": "InputLayer", "config": {"batch_input_shape": [null, 3], "input_dtype": "float32",
        "sparse": false, "name": "b"}, "inbound_nodes": []},
      {"name": "merge_1", "class_name": "Merge", "config": {"name": "merge_1", "mode_type": "raw",
        "output_shape": null, "output_shape_type": "raw", "output_mask": null, "output_mask_type": "raw",
        "arguments": {}, )",
                                        arguments, R"(}, "inbound_nodes": [[["a", 0, 0], ["b", 0, 0]]]}],
      "input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["merge_1", 0, 0]]}})"));
    const auto model = model_from_config<float>(config);
    return model->apply(std::vector<Tensor<float>>{a, b}).front();
  };
  const Tensor<float> a = expect::scattered<float>({2, 3}, 1), b = expect::scattered<float>({2, 3}, 2);
  EXPECT_TRUE(expect::same(merged(R"("mode": "sum", "concat_axis": -1, "dot_axes": -1)", a, b), a + b));
  EXPECT_TRUE(expect::same(merged(R"("mode": "mul", "concat_axis": -1, "dot_axes": -1)", a, b), a * b));
  EXPECT_TRUE(expect::same(merged(R"("mode": "max", "concat_axis": -1, "dot_axes": -1)", a, b), maximum(a, b)));
  EXPECT_TRUE(
      expect::near(merged(R"("mode": "ave", "concat_axis": -1, "dot_axes": -1)", a, b), (a + b) * 0.5F, {1e-6, 1e-7}));
  EXPECT_TRUE(
      expect::same(merged(R"("mode": "concat", "concat_axis": 1, "dot_axes": -1)", a, b), concatenate(1, a, b)));
  EXPECT_EQ(merged(R"("mode": "dot", "concat_axis": -1, "dot_axes": [[1], [1]])", a, b).shape(), Shape({2, 1}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { merged(R"("mode": "cos", "dot_axes": 1)", a, b); }, {"\"merge_1\"", "\"cos\""}));
}

TEST(Keras1, RefusesMergeByFunctions) {
  EXPECT_TRUE(expect::error<ValueError>(
      [] { upgraded_layer("Merge", R"({"name": "merge_1", "mode": ["4wEA", null, null], "mode_type": "lambda"})"); },
      {"\"merge_1\"", "function of Python"}));
}

const char* const merged_models = R"({"class_name": "Sequential", "config": [
  {"class_name": "Merge", "config": {"name": "merge_1", "mode": "concat", "mode_type": "raw", "concat_axis": 1,
    "dot_axes": -1, "output_shape": null, "output_shape_type": "raw", "layers": [
      {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "left", "output_dim": 2,
        "activation": "linear", "batch_input_shape": [null, 3], "input_dim": 3}}]},
      {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "right", "output_dim": 4,
        "activation": "relu", "batch_input_shape": [null, 5], "input_dim": 5}}]}]}},
  {"class_name": "Dense", "config": {"name": "top", "output_dim": 1, "activation": "linear"}}]})";

TEST(Keras1, ReadsASequentialThatBeginsWithAMerge) {
  const auto model = model_from_config<float>(upgraded(merged_models));
  const Tensor<float> x = expect::scattered<float>({2, 3}, 1), y = expect::scattered<float>({2, 5}, 2);
  const std::vector<Tensor<float>> weights = model->get_weights();
  ASSERT_EQ(weights.size(), 6U);
  EXPECT_EQ(weights[2].shape(), Shape({5, 4}));
  const Tensor<float> merged = concatenate(1, matmul(x, weights[0]), relu(matmul(y, weights[2])));
  EXPECT_TRUE(
      expect::near(model->apply(std::vector<Tensor<float>>{x, y}).front(), matmul(merged, weights[4]), {1e-5, 1e-6}));
}

TEST(Keras1, ReadsTheFormOfKeras0) {
  const Config model = upgraded(R"({"class_name": "Sequential", "config": [
    {"name": "Dense", "custom_name": "first", "output_dim": 3, "init": "glorot_uniform", "activation": "relu",
     "W_regularizer": null, "b_regularizer": null, "activity_regularizer": null, "W_constraint": null,
     "b_constraint": null, "input_shape": [2], "cache_enabled": true}]})");
  const Config& first = model.at("config").at("layers")[1];
  EXPECT_EQ(first.at("class_name"), Config("Dense"));
  EXPECT_EQ(first.at("config").at("units"), Config(3));
  EXPECT_EQ(first.at("config").at("name"), Config("first"));
  EXPECT_EQ(model_from_config<float>(model)->count_params(), 9);
}

}  // namespace
