// Plots of models and training histories, and models in another scalar type.
#include <fstream>
#include <lamina/models/plot.hpp>
#include <sstream>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST(PlotModel, DrawsABoxPerLayerAndAnArrowPerTensor) {
  const auto a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  Dense shared(3, {.name = "sha\"red"});
  const auto c = shared(a) + shared(b);
  Model model(std::vector{a, b}, std::vector{c, c | Dense(2)});
  const std::string dot = model_to_dot(model);
  EXPECT_EQ(count(dot, "[label="), 5U) << dot;
  EXPECT_EQ(count(dot, " -> "), 2U + 2U + 1U) << dot;
  EXPECT_NE(dot.find("sha\\\"red (Dense)"), std::string::npos) << dot;
  EXPECT_NE(dot.find("output: (None, 3)"), std::string::npos) << dot;
  EXPECT_EQ(model_to_dot(model, {.show_shapes = false}).find("None"), std::string::npos);
}

TEST(PlotModel, DrawsNestedModelsAsBoxesAroundTheirLayers) {
  Sequential model{Input({4}), Dense(3), Sequential{Dense(5, "relu"), Dense(2)}};
  EXPECT_EQ(model_to_dot(model).find("cluster"), std::string::npos);
  const std::string dot = model_to_dot(model, {.expand_nested = true, .rank_dir = "LR"});
  EXPECT_EQ(count(dot, "subgraph \"cluster_"), 1U) << dot;
  EXPECT_EQ(count(dot, "(Dense)"), 3U) << dot;
  EXPECT_NE(dot.find("rankdir=LR"), std::string::npos);
}

TEST(PlotModel, WritesFiles) {
  Sequential model{Input({4}), Dense(3)};
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/model.dot";
  EXPECT_EQ(plot_model(model, path), path);
  EXPECT_EQ(contents(path), model_to_dot(model));
  EXPECT_TRUE(expect::error<ValueError>([&] { plot_model(model, "model.bmp"); }, {"plot_model", "model.bmp"}));
  EXPECT_TRUE(expect::error<IoError>([&] { plot_model(model, "/nowhere/model.dot"); }, {"plot_model", "/nowhere"}));
  struct Plain : Model<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return x; }
  } plain;
  EXPECT_TRUE(expect::error<StateError>([&] { model_to_dot(plain); }, {"Plain", "graph"}));
}

TEST(PlotHistory, WritesATable) {
  History history;
  Logs logs;
  logs.set("loss", 0.5);
  logs.set("val_loss", 0.25);
  history.append(0, logs);
  logs.set("loss", 0.125);
  history.append(1, logs);
  EXPECT_EQ(history_to_csv(history), "epoch,loss,val_loss\n0,0.5,0.25\n1,0.125,0.25\n");
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/history.csv";
  save_history(history, path);
  EXPECT_EQ(contents(path), history_to_csv(history));
  EXPECT_TRUE(expect::error<ValueError>([&] { plot_history(history, "curves.svg"); }, {"plot_history", "curves.svg"}));
}

TEST(PlotHistory, DrawsAPictureWithAnyName) {
  History history;
  Logs logs;
  logs.set("loss", 0.5);
  history.append(0, logs);
  logs.set("loss", 0.25);
  history.append(1, logs);
  const testing_support::TemporaryFolder folder;
  const std::string picture = folder.path() + "/a model's $HOME.png";
  const std::string written = plot_history(history, picture);  // the table, if gnuplot is not installed
  EXPECT_TRUE(written == picture || written == picture + ".csv") << written;
  EXPECT_GT(contents(written).size(), 10U);
  EXPECT_EQ(testing_support::files_in(folder.path()), 1U);
}

TEST(PlotHistory, WritesEachValueInTheLineOfItsEpoch) {
  History history;
  for (Index epoch = 0; epoch < 4; ++epoch) {
    Logs logs;
    logs.set("loss", static_cast<double>(epoch));
    if (epoch % 2 == 1) logs.set("val_loss", 10.0 + static_cast<double>(epoch));
    history.append(epoch, logs);
  }
  EXPECT_EQ(history_to_csv(history), "epoch,loss,val_loss\n0,0,\n1,1,11\n2,2,\n3,3,13\n");
}
