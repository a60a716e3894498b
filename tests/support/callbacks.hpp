#pragma once
#include <fstream>
#include <limits>
#include <sstream>
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

namespace lamina::testing::callbacks {

inline const Tensor<float> x = expect::scattered<float>({20, 3}, 1), y = expect::scattered<float>({20, 1}, 2);

inline Sequential<float> compiled(double rate = 0.05) {
  clear_session();
  set_random_seed(3);
  Sequential model{Dense(1)};
  model.build({None, 3});
  model.compile({.optimizer = SGD(rate), .loss = "mse"});
  return model;
}

/// Sets the monitored value of every epoch.
struct SetLog : Callback<float> {
  SetLog(std::string n, std::vector<double> v) : name(std::move(n)), values(std::move(v)) {}
  void on_epoch_end(Index epoch, Logs& logs) override { logs.set(name, values.at(static_cast<std::size_t>(epoch))); }
  std::string name;
  std::vector<double> values;
};

inline std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

}  // namespace lamina::testing::callbacks
