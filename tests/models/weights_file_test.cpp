#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <lamina/callbacks/backup_and_restore.hpp>
#include <lamina/callbacks/model_checkpoint.hpp>
#include <lamina/callbacks/tensorboard.hpp>
#include <lamina/models/weights_file.hpp>

#include "support/checkpoints.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::checkpoints;

TEST(Weights, RoundTripThroughAFile) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/weights.npz";
  auto a = compiled_with_state();
  a.fit(features, targets, {.verbose = 0});
  save_weights(a, path);
  auto b = compiled_with_state();
  EXPECT_FALSE(expect::same(a.get_weights(), b.get_weights()));
  load_weights(b, path);
  EXPECT_TRUE(expect::same(a.get_weights(), b.get_weights()));

  Sequential other{Dense(4), Dense(1)};
  EXPECT_TRUE(expect::error<StateError>([&] { load_weights(other, path); }, {"no weights yet"}));
  other.build({None, 3});
  const auto before = other.get_weights();
  EXPECT_TRUE(expect::error<ShapeError>([&] { load_weights(other, path); }, {"(3, 8)", "(3, 4)"}));
  EXPECT_TRUE(expect::same(other.get_weights(), before)) << "nothing is changed";
  EXPECT_TRUE(expect::error<IoError>([&] { load_weights(b, folder.path() + "/none.npz"); }, {"none.npz"}));

  Sequential shorter{Input({3}), Dense(8)};
  const auto kept = shorter.get_weights();
  EXPECT_TRUE(expect::error<IoError>([&] { load_weights(shorter, path); }, {"load_weights", "4 arrays", "has 2"}));
  EXPECT_TRUE(expect::same(shorter.get_weights(), kept));
}

TEST(Weights, OfModelsWithFunctionsThatHaveNoConfiguration) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/weights.npz";
  const auto made = [] {
    clear_session();
    return Sequential{Input({3}), Dense(4, [](const auto& x) { return 2 * x; }),
                      Lambda([](const auto& self, const auto& x) { return x * self.variable("scale", 2); }), Dense(1)};
  };
  Sequential a = made(), b = made();
  a.layers()[1]->set_weights({Tensor<float>(3)});
  save_weights(a, path);
  load_weights(b, path);
  EXPECT_TRUE(expect::same(a.predict(features), b.predict(features)));
  EXPECT_TRUE(expect::error<ValueError>([&] { a.get_config(); }, {"no configuration"})) << "as before";
}

}  // namespace
