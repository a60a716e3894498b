#include <lamina/layers/rnn/recurrent_options.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(RecurrentOptions, HaveKerasDefaults) {
  const Config lstm = config_of(LSTMOptions()), gru = config_of(GRUOptions()), plain = config_of(SimpleRNNOptions());
  for (const Config* config : {&lstm, &gru, &plain}) {
    EXPECT_EQ(config->at("activation"), Config("tanh"));
    EXPECT_TRUE(config->at("use_bias").as_bool());
    EXPECT_EQ(config->at("kernel_initializer").at("class_name").as_string(), "GlorotUniform");
    EXPECT_EQ(config->at("recurrent_initializer").at("class_name").as_string(), "Orthogonal");
    EXPECT_EQ(config->at("bias_initializer").at("class_name").as_string(), "Zeros");
    EXPECT_FALSE(config->at("return_sequences").as_bool());
    EXPECT_EQ(config->at("dropout").as_real(), 0);
  }
  EXPECT_EQ(lstm.at("recurrent_activation"), Config("sigmoid"));
  EXPECT_TRUE(lstm.at("unit_forget_bias").as_bool());
  EXPECT_TRUE(gru.at("reset_after").as_bool());
}

TEST(RecurrentOptions, ThatALayerDoesNotHaveAreNotInItsConfiguration) {
  const Config lstm = config_of(LSTMOptions()), gru = config_of(GRUOptions()), plain = config_of(SimpleRNNOptions());
  EXPECT_EQ(lstm.find("reset_after"), nullptr);
  EXPECT_EQ(gru.find("unit_forget_bias"), nullptr);
  EXPECT_EQ(plain.find("recurrent_activation"), nullptr);
  const Config cell = config_of(LSTMCellOptions());
  EXPECT_EQ(cell.find("return_sequences"), nullptr);
  EXPECT_EQ(cell.at("recurrent_activation"), Config("sigmoid"));
}

TEST(RecurrentOptions, RoundTripThroughConfigurations) {
  const GRUOptions options{.return_sequences = true, .activation = "relu", .dropout = 0.25, .reset_after = false};
  const auto read = arguments_from<GRUOptions>("GRU", config_of(options));
  EXPECT_EQ(config_of(read), config_of(options));
  EXPECT_EQ(config_of(read).at("activation"), Config("relu"));
}

TEST(RecurrentOptions, ArePassedToTheCell) {
  const LSTMOptions options{.activation = "relu", .dropout = 0.25, .seed = 7, .name = "lstm"};
  const auto cell = detail::cell_options(options, "cell");
  EXPECT_EQ(cell.name, "cell");
  EXPECT_EQ(cell.dropout, 0.25);
  EXPECT_EQ(cell.seed, 7U);
  EXPECT_EQ(config_of(cell).at("activation"), Config("relu"));
}
