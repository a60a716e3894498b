#include <lamina/models/weights_file.hpp>

#include "program.hpp"

#include <cstdio>

using namespace lamina;

bool same_after_saving(const Sequential<float>& model) {
  const std::string path = "line.npz";
  model.save_weights(path);
  Sequential other = line();
  other.build({1, 1});
  other.load_weights(path);
  std::remove(path.c_str());
  return other.get_weights()[0](0, 0) == model.get_weights()[0](0, 0);
}
