#include "case.hpp"

namespace lamina::conformance {

void run_schedule(const Case& c, Check& check) {
  by_constructor_and_config(c, check, [&](const Config& object) {
    const auto schedule = make<ScheduleFamily>(object);
    const Tensor<double> step = c.array<double>("step");
    Tensor<double> rate = Tensor<double>::zeros(step.shape());
    for (Index i = 0; i < step.size(); ++i) rate.mutable_data()[i] = (*schedule)(static_cast<Index>(step[i]));
    check.near("lr", rate, single_precision);
  });
}

}  // namespace lamina::conformance
