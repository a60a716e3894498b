#include <fstream>
#include <lamina/callbacks/lambda_callback.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(LambdaCallback, LogsOfHooksAreInTheHistory) {
  auto model = compiled();
  const History history = model.fit(
      x, y, {.epochs = 2, .verbose = 0, .callbacks = {LambdaCallback({.on_epoch_end = [](Index e, Logs& logs) {
                                          logs.set("double", 2.0 * static_cast<double>(e));
                                        }})}});
  EXPECT_EQ(history["double"], (std::vector<double>{0, 2}));
}

}  // namespace
