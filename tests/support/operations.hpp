#pragma once
#include "support/expect.hpp"

namespace lamina::testing::operations {

inline const Tensor<float> xa = expect::scattered<float>({6, 4, 3}, 1), xb = expect::scattered<float>({6, 4, 3}, 2);

inline Config tensor_from(const std::string& layer, int call = 0, int output = 0) {
  Config tensor = Config::map();
  tensor["shape"] = Config::list();
  tensor["dtype"] = "float32";
  tensor["keras_history"] = Config::list({layer, call, output});
  return named_config("__keras_tensor__", tensor);
}

inline Config map_of(std::initializer_list<std::pair<const char*, Config>> members) {
  Config map = Config::map();
  for (const auto& [name, value] : members) map[name] = value;
  return map;
}

inline Config call_of(std::vector<Config> args, Config kwargs = Config::map()) {
  return map_of({{"args", Config::list(std::move(args))}, {"kwargs", std::move(kwargs)}});
}

inline Config entry(const char* module, const char* class_name, const std::string& name, Config config,
                    std::vector<Config> calls) {
  config["name"] = name;
  Config e = named_config(class_name, std::move(config));
  e["module"] = module;
  e["name"] = name;
  e["inbound_nodes"] = Config::list(std::move(calls));
  return e;
}

inline Config input_entry(const std::string& name, const Shape& batch_shape) {
  return entry("keras.layers", "InputLayer", name, map_of({{"batch_shape", argument_to_config(batch_shape)}}), {});
}

inline Config place(const std::string& layer, int call = 0, int output = 0) {
  return Config::list({layer, call, output});
}

inline const char* const numpy = "keras.src.ops.numpy";

inline const char* const layers = "keras.layers";

/// Returns a model with an input "x" and one more node, the output "y".
inline Config model_with(const Config& y, const Shape& shape = {-1, 4, 3}) {
  return named_config("Functional", map_of({{"layers", Config::list({input_entry("x", shape), y})},
                                            {"input_layers", place("x")},
                                            {"output_layers", place("y")}}));
}

inline Tensor<float> result_of(const Config& model, const Tensor<float>& x = xa) {
  return model_from_config<float>(model)->apply({x}).front();
}

/// Checks that an operation gives the same on symbolic tensors as on tensors, also after a round trip through its
/// configuration.
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

}  // namespace lamina::testing::operations
