#include <gtest/gtest.h>

#include <lamina/core/names.hpp>
#include <string>
#include <vector>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::raises;

// The results of Keras's rule: re.sub(r"\W+", "", name); re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name);
// re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
TEST(Names, SnakeCaseIsKerass) {
  const std::vector<std::pair<std::string, std::string>> expected{
      {"Dense", "dense"},
      {"SimpleDense", "simple_dense"},
      {"Conv1D", "conv1d"},
      {"Conv2D", "conv2d"},
      {"Conv2DTranspose", "conv2d_transpose"},
      {"Conv3DTranspose", "conv3d_transpose"},
      {"DepthwiseConv2D", "depthwise_conv2d"},
      {"SeparableConv1D", "separable_conv1d"},
      {"LSTM", "lstm"},
      {"LSTMCell", "lstm_cell"},
      {"GRU", "gru"},
      {"GRUCell", "gru_cell"},
      {"SimpleRNN", "simple_rnn"},
      {"StackedRNNCells", "stacked_rnn_cells"},
      {"RNN", "rnn"},
      {"PReLU", "p_re_lu"},
      {"ReLU", "re_lu"},
      {"LeakyReLU", "leaky_re_lu"},
      {"ELU", "elu"},
      {"BatchNormalization", "batch_normalization"},
      {"LayerNormalization", "layer_normalization"},
      {"RMSNormalization", "rms_normalization"},
      {"UnitNormalization", "unit_normalization"},
      {"GlobalAveragePooling2D", "global_average_pooling2d"},
      {"MaxPooling3D", "max_pooling3d"},
      {"ZeroPadding2D", "zero_padding2d"},
      {"UpSampling1D", "up_sampling1d"},
      {"Cropping2D", "cropping2d"},
      {"SpatialDropout1D", "spatial_dropout1d"},
      {"MultiHeadAttention", "multi_head_attention"},
      {"ConvLSTM2D", "conv_lstm2d"},
      {"EinsumDense", "einsum_dense"},
      {"TimeDistributed", "time_distributed"},
      {"InputLayer", "input_layer"},
      {"MyLayer2", "my_layer2"},
      {"A", "a"},
      {"AB", "ab"},
      {"ABc", "a_bc"},
      {"aB", "a_b"},
      {"", ""},
      {"already_snake", "already_snake"},
  };
  for (const auto& [name, snake] : expected) EXPECT_EQ(to_snake_case(name), snake) << name;
}

TEST(Names, EditDistanceCountsChanges) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abcd"), 4U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("relu", "relu"), 0U);
  EXPECT_EQ(edit_distance("rleu", "relu"), 2U);
}

TEST(Names, AnUnknownNameGetsTheNearestSuggested) {
  const std::vector<std::string_view> known{"relu", "softmax", "tanh"};
  EXPECT_TRUE(
      raises<ValueError>([&] { raise_unknown_name("activation", "sofmax", known); },
                         {"unknown activation \"sofmax\"", "Did you mean \"softmax\"?", "relu, softmax, tanh"}));
  try {
    raise_unknown_name("activation", "qqqqqqqqqq", known);
  } catch (const ValueError& error) {
    EXPECT_EQ(std::string(error.what()).find("Did you mean"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(
      raises<ValueError>([&] { raise_unknown_name("Model, get_layer: layer", "soft", known, "Add one."); },
                         {"Model, get_layer: unknown layer \"soft\". Did you mean \"softmax\"?", "tanh. Add one."}));
  EXPECT_TRUE(raises<ValueError>([&] { raise_unknown_name("log", "loss", std::vector<std::string>()); },
                                 {"unknown log \"loss\". There are none."}));
}

}  // namespace
}  // namespace lamina
