// Layers and models to configurations and back.
#include "support/expect.hpp"

using namespace lamina;

namespace {

/// A custom layer with an argument.
struct Scaled : Layer<float> {
  struct Arguments {
    double factor = 2;
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("factor", self.factor);
    }
  };
  explicit Scaled(Arguments a) : arguments(a) {}
  std::string class_name() const override { return "Scaled"; }
  Config get_config() const override { return config_with(arguments); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * arguments.factor; }
  Arguments arguments;
};

template <class L>
void round_trip(const L& layer) {
  const Config config = named_config(layer.class_name(), layer.get_config());
  const auto made = layer_from_config<typename L::scalar_type>(config);
  EXPECT_EQ(made->class_name(), layer.class_name());
  EXPECT_EQ(made->get_config(), layer.get_config()) << config.to_string();
}

TEST(LayerConfig, RoundTripsThroughItsConfiguration) {
  clear_session();
  round_trip(Dense(3, {.activation = "relu",
                       .use_bias = false,
                       .kernel_initializer = HeNormal({.seed = 3}),
                       .kernel_regularizer = L2(0.1),
                       .kernel_constraint = MaxNorm(1.5),
                       .name = "fc"}));
  round_trip(Dense<double>(4));
  round_trip(SimpleDense(5, "tanh"));
  round_trip(Dropout(0.3, {.noise_shape = {None, 1}, .seed = 5}));
  round_trip(Flatten());
  round_trip(Reshape({2, -1}));
  round_trip(InputLayer({3, 4}));
  round_trip(ActivationLayer<float>("softmax"));
}

TEST(LayerConfig, IsKeras) {
  Dense layer(3, {.name = "fc"});
  layer.set_trainable(false);
  const Config config = layer.get_config();
  EXPECT_EQ(config.at("name").as_string(), "fc");
  EXPECT_FALSE(config.at("trainable").as_bool());
  EXPECT_EQ(config.at("dtype").as_string(), "float32");
  EXPECT_EQ(config.at("units").as_integer(), 3);
  EXPECT_EQ(config.at("activation").as_string(), "linear");
  EXPECT_EQ(config.at("kernel_initializer").at("class_name").as_string(), "GlorotUniform");
  EXPECT_FALSE(layer_from_config(named_config("Dense", config))->trainable());
}

TEST(LayerConfig, ErrorsNameTheArgument) {
  Config config = Dense(3).get_config();
  config["unit"] = 3;
  EXPECT_TRUE(expect::error<ValueError>([&] { layer_from_config(named_config("Dense", config)); },
                                        {"Dense", "\"unit\"", "\"units\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { layer_from_config(named_config("Dens", Config::map())); },
                                        {"unknown layer", "\"dense\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { layer_from_config(named_config("Dense", Config::map())); },
                                        {"\"units\" is missing"}));
  const Lambda lambda([](const auto& x) { return x; });
  EXPECT_TRUE(expect::error<ValueError>([&] { lambda.get_config(); }, {"Lambda", "register_lambda", "custom layer"}));
}

TEST(LayerConfig, OfACustomLayer) {
  EXPECT_TRUE(
      expect::error<ValueError>([] { layer_from_config(named_config("Scaled", Config::map())); }, {"\"Scaled\""}));
  register_custom_object<Scaled>("Scaled");
  round_trip(Scaled({.factor = 3}));

  // A class with the name of Keras's Dense in another package.
  Config other = named_config("Dense", Config::map());
  other["config"]["factor"] = 3;
  other["module"] = "scaling";
  EXPECT_TRUE(
      expect::error<ValueError>([&] { layer_from_config(other); }, {"unknown layer", "register_custom_object"}));
  other["module"] = "keras.layers";
  other["registered_name"] = "scaling>Dense";
  EXPECT_TRUE(expect::error<ValueError>([&] { layer_from_config(other); }, {"unknown layer \"scaling>Dense\""}));
  register_custom_object<Scaled>("scaling>Dense");
  EXPECT_EQ(layer_from_config(other)->class_name(), "Scaled");
}

TEST(ModelConfig, OfASequentialIsRejectedByModel) {
  const Sequential model{Input({2}), Dense(1)};
  EXPECT_TRUE(
      expect::error<ValueError>([&] { Model<float>::from_config(model.get_config()); }, {"Sequential::from_config"}));
}

TEST(SequentialConfig, RoundTripsThroughItsConfiguration) {
  clear_session();
  register_custom_object<Scaled>("Scaled");
  Sequential model{Input({2, 3}), Flatten(), Sequential{Dense(4, "relu"), Scaled({.factor = 0.5})}, Dropout(0.2),
                   Dense(2, "softmax")};
  const Config config = model.get_config();
  Sequential again = Sequential<float>::from_config(config);
  EXPECT_EQ(again.get_config(), config) << config.to_string();
  ASSERT_TRUE(again.built());
  again.set_weights(model.get_weights());
  const Tensor<float> x = expect::scattered<float>({5, 2, 3});
  EXPECT_TRUE(expect::same(again.predict(x), model.predict(x)));
}

}  // namespace
