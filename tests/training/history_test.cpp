// Logs, and the history that fit returns.
#include "lamina/training/history.hpp"

#include <gtest/gtest.h>

using namespace lamina;

TEST(Logs, PrintAsKerasDoes) {
  Logs logs;
  logs.set("loss", 0.21953);
  logs.set("accuracy", 1);
  logs.set("tiny", 0.0001234567);
  logs.set("none", 0);
  logs.set("accuracy", 0.5);
  EXPECT_EQ(logs.to_string(), "loss: 0.2195 - accuracy: 0.5000 - tiny: 1.2346e-04 - none: 0.0000");
  EXPECT_EQ(logs.size(), 4u);
}

TEST(History, StoresTheEpochsOfEveryLog) {
  History history;
  Logs logs;
  logs.set("loss", 0.5);
  history.append(3, logs);
  logs.set("loss", 0.25);
  logs.set("val_loss", 0.75);
  history.append(4, logs);
  EXPECT_EQ(history.epoch(), (std::vector<Index>{3, 4}));
  EXPECT_EQ(history["loss"], (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(history.epochs_of("loss"), (std::vector<Index>{3, 4}));
  EXPECT_EQ(history["val_loss"], (std::vector<double>{0.75}));
  EXPECT_EQ(history.epochs_of("val_loss"), (std::vector<Index>{4}));
  EXPECT_FALSE(history.contains("accuracy"));
  EXPECT_THROW(static_cast<void>(history["accuracy"]), ValueError);
}
