// Whole models, built from their architecture and weights: outputs, and the gradients of inputs and weights. Their files, if any.
#include "models.hpp"

#include "files.hpp"

namespace lamina::conformance {

void run_model(const Case& c, Check& check) {
  const auto tolerance = [](const std::string&) { return whole_model; };
  compare_model<float>(c, check, "", false, tolerance);
  check.set_label("in double, ");
  compare_model<double>(c, check, "", false, tolerance);
  compare_files(c, check);
}

}  // namespace lamina::conformance
