#include <fstream>
#include <lamina/training/callback.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

/// Records the calls of all hooks.
struct Noting : Callback<float> {
  void on_train_begin() override { seen += "train("; }
  void on_train_end(Logs&) override { seen += ")"; }
  void on_epoch_begin(Index epoch) override { seen += text("epoch", epoch, "("); }
  void on_epoch_end(Index, Logs& logs) override { seen += logs.contains("val_loss") ? "v)" : ")"; }
  void on_train_batch_begin(Index batch) override { seen += text(batch, "<"); }
  void on_train_batch_end(Index, Logs& logs) override { seen += logs.contains("loss") ? ">" : "?"; }
  void on_test_begin() override { seen += "test("; }
  void on_test_end(Logs&) override { seen += ")"; }
  void on_test_batch_begin(Index batch) override { seen += text(batch, "<"); }
  void on_test_batch_end(Index, Logs&) override { seen += ">"; }
  void on_predict_begin() override { seen += "predict("; }
  void on_predict_end() override { seen += ")"; }
  void on_predict_batch_begin(Index batch) override { seen += text(batch, "<"); }
  void on_predict_batch_end(Index) override { seen += ">"; }
  std::string seen;
};

TEST(Callbacks, AreCalledInKerasOrder) {
  auto model = compiled();
  const auto noting = std::make_shared<Noting>();
  model.fit(
      x, y,
      {.batch_size = 10, .epochs = 2, .verbose = 0, .validation_data = Samples<float>{x, y}, .callbacks = {noting}});
  EXPECT_EQ(noting->seen, "train(epoch0(0<>1<>test(0<>1<>)v)epoch1(0<>1<>test(0<>1<>)v))");
  EXPECT_EQ(noting->parameters().epochs, 2);
  EXPECT_EQ(noting->parameters().steps, 2);
  noting->seen.clear();
  model.evaluate(x, y, {.batch_size = 20, .callbacks = {noting}});
  model.predict(x, {.batch_size = 10, .callbacks = {noting}});
  EXPECT_EQ(noting->seen, "test(0<>)predict(0<>1<>)");
  EXPECT_TRUE(expect::error<StateError>([&] { noting->model(); }, {"no model outside fit"}));
}

}  // namespace
