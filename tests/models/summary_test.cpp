#include <lamina/models/summary.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(Summary, AgreesWithKerassTable) {
  clear_session();
  Sequential model{Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(10, "softmax")};
  model.build({None, 28, 28});
  model.layers()[1]->set_trainable(false);
  EXPECT_EQ(model.summary_text(), std::string(R"(
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)      ┃ Output Shape ┃ Param # ┃
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ flatten (Flatten) │ (None, 784)  │       0 │
├───────────────────┼──────────────┼─────────┤
│ dense (Dense)     │ (None, 128)  │ 100,480 │
├───────────────────┼──────────────┼─────────┤
│ dropout (Dropout) │ (None, 128)  │       0 │
├───────────────────┼──────────────┼─────────┤
│ dense_1 (Dense)   │ (None, 10)   │   1,290 │
└───────────────────┴──────────────┴─────────┘
 Total params: 101,770 (397.54 KB)
 Trainable params: 1,290 (5.04 KB)
 Non-trainable params: 100,480 (392.50 KB)
)")
                                      .substr(1));
}

TEST(Summary, OfAnUnbuiltModelHasNoShapes) {
  clear_session();
  Sequential model{Dense(3)};
  ::testing::internal::CaptureStdout();
  model.summary();
  const std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("│ dense (Dense) │ ?            │       0 │"), std::string::npos) << text;
  EXPECT_NE(text.find(" Total params: 0 (0.00 B)"), std::string::npos) << text;
}
