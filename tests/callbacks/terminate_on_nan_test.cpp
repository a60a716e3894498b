#include <fstream>
#include <lamina/callbacks/terminate_on_nan.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(TerminateOnNaN, StopsAtTheBatch) {
  auto model = compiled();
  Tensor<float> bad = y.copy();
  bad.mutable_data()[0] = std::numeric_limits<float>::quiet_NaN();
  ::testing::internal::CaptureStderr();
  const History history = model.fit(
      x, bad, {.batch_size = 5, .epochs = 3, .verbose = 0, .shuffle = false, .callbacks = {TerminateOnNaN()}});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("batch 1"), std::string::npos) << said;
  EXPECT_EQ(history.epoch().size(), 1u);
  EXPECT_EQ(model.optimizer().iterations(), 1);
}

}  // namespace
