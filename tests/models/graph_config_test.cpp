#include <lamina/models/graph_config.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(KerasLayers, RejectUnsupportedArguments) {
  const Config x = tensor_from("x"), quantized = map_of({{"mode", "int8"}});
  const auto read = [&](const Config& value) {
    return entry(layers, "Dense", "y", map_of({{"units", 2}, {"quantization_config", value}}), {call_of({x})});
  };
  EXPECT_TRUE(expect::error<ValueError>([&] { result_of(model_with(read(quantized))); },
                                        {"Dense", "\"quantization_config\" is not supported", "int8"}));
  EXPECT_EQ(result_of(model_with(read(nullptr))).columns(), 2);
}

TEST(KerasLayers, RejectInvalidArguments) {
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
  // In any order in the file.
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

TEST(KerasMasks, AreNodesOfTheGraph) {
  // Keras's configuration of Masking before an LSTM: NotEqual and Any compute the mask, an argument of the call.
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

TEST(KerasMasks, MayBeSymbolicTensors) {
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

TEST(Functional, CountsCallsOfNestedModelsAsKerasDoes) {
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

TEST(Functional, MayHaveUnusedInputs) {
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

TEST(KerasLayers, InheritTheTrainingFlag) {
  // Keras writes the default, false, as if it had been given.
  const Tensor<float> ones = Tensor<float>::ones({6, 4, 3});
  const Config dropout = entry(layers, "Dropout", "y", map_of({{"rate", 0.5}}),
                               {call_of({tensor_from("x")}, map_of({{"training", false}}))});
  const auto model = model_from_config<float>(model_with(dropout));
  EXPECT_TRUE(expect::same(model->apply({ones})[0], ones));
  EXPECT_FALSE(expect::same(model->apply({ones}, {.training = true})[0], ones));
}

}  // namespace
