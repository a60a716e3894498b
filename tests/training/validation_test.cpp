#include <fstream>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(Validation, AtAFrequencyInEpochs) {
  auto model = compiled();
  const History history = model.fit(x, y,
                                    {.epochs = 4,
                                     .verbose = 0,
                                     .validation_data = Samples<float>{x, y},
                                     .validation_steps = 1,
                                     .validation_freq = 2});
  EXPECT_EQ(history["loss"].size(), 4u);
  EXPECT_EQ(history["val_loss"].size(), 2u);
}

}  // namespace
