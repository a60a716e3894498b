#include "support/child_process.hpp"
#include "support/keras_files.hpp"

#if LAMINA_TEST_HAS_CHILD_PROCESSES

using namespace lamina;

namespace {

using lamina::testing::keras_files::in;
using lamina::testing_support::files_in;
using lamina::testing_support::FullDisk;
using lamina::testing_support::limit_file_size;
using lamina::testing_support::slurp;
using lamina::testing_support::start_child;
using lamina::testing_support::TemporaryFolder;
using lamina::testing_support::wait_for;

/// A model of 25 kB, whose weights are all this number.
Sequential<float> model_of(float value) {
  Sequential<float> model{Input({70}), Dense(80), Dense(1)};
  std::vector<Tensor<float>> weights;
  for (const Tensor<float>& w : model.get_weights()) weights.push_back(Tensor<float>::full(w.shape(), value));
  model.set_weights(weights);
  return model;
}
/// Returns the number that all weights of a file are; 0 if they differ.
float value_of(const std::string& path) {
  auto model = model_of(0);
  model.load_weights(path);
  const float value = model.get_weights().front()[0];
  for (const Tensor<float>& w : model.get_weights())
    for (Index i = 0; i < w.size(); ++i)
      if (w[i] != value) return 0;
  return value;
}
void save(const Sequential<float>& model, const std::string& path) {
  if (path.ends_with(".keras"))
    model.save(path);
  else
    model.save_weights(path);
}
constexpr const char* names[] = {"m.keras", "m.weights.h5"};

TEST(AtomicWriting, SurvivesAFullDisk) {
  for (const char* name : names) {
    const TemporaryFolder folder;
    const std::string path = in(folder, name);
    const auto before = model_of(1), after = model_of(2);
    save(before, path);
    const std::string bytes = slurp(path);
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4097},
                                    bytes.size() / 2, bytes.size() - 300, bytes.size() - 1}) {
      const pid_t child = start_child([&] {
        limit_file_size(limit, FullDisk::is_an_error);
        try {
          save(after, path);
        } catch (const IoError& error) {
          const std::string_view message = error.what();
          return message.find(name) != message.npos && message.find("free space") != message.npos ? 7 : 8;
        }
        return 0;
      });
      EXPECT_EQ(wait_for(child), 7) << name << " at " << limit;
      EXPECT_TRUE(slurp(path) == bytes) << name << " at " << limit;
      EXPECT_EQ(files_in(in(folder, "")), 1U) << name << " at " << limit;
    }
    save(after, path);
    EXPECT_EQ(value_of(path), 2);
  }
}

TEST(AtomicWriting, SurvivesAProcessThatIsKilledAtAnyByte) {
  for (const char* name : names) {
    const TemporaryFolder folder;
    const std::string path = in(folder, name);
    const auto before = model_of(1), after = model_of(2);
    save(before, path);
    const std::string bytes = slurp(path);
    for (std::size_t limit = 0; limit < bytes.size(); limit += bytes.size() / 7) {
      const pid_t child = start_child([&] {
        limit_file_size(limit, FullDisk::kills_the_process);
        save(after, path);
        return 0;
      });
      EXPECT_EQ(wait_for(child), std::nullopt) << name << " at " << limit;
      EXPECT_TRUE(slurp(path) == bytes) << name << " at " << limit;
      EXPECT_LE(files_in(in(folder, "")), 2U);
      std::filesystem::remove(path + ".part0");
    }
    EXPECT_EQ(value_of(path), 1);
  }
}

TEST(AtomicWriting, SurvivesAProcessThatIsKilledAtAnyTime) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  const auto one = model_of(1), two = model_of(2);
  save(one, path);
  constexpr std::size_t kills = 15;
  for (std::size_t kill_number = 0; kill_number < kills; ++kill_number) {
    const pid_t child = start_child([&] {
      for (;;) {
        save(two, path);
        save(one, path);
      }
      return 0;
    });
    usleep(static_cast<useconds_t>(1000 + kill_number * kill_number % 11 * 1700));
    kill(child, SIGKILL);
    EXPECT_EQ(wait_for(child), std::nullopt);
    const float value = value_of(path);
    EXPECT_TRUE(value == 1 || value == 2) << value;
    EXPECT_NO_THROW(static_cast<void>(load_model<float>(path)));
  }
  EXPECT_LE(files_in(in(folder, "")), 1 + kills);
  save(two, path);  // the files of the killed processes are no obstacle
  EXPECT_EQ(value_of(path), 2);
}

TEST(AtomicWriting, ReportsPlacesWhereNoFileCanBe) {
  const TemporaryFolder folder;
  const auto model = model_of(1);
  const std::string file = folder.write("file", "x");
  std::filesystem::create_directories(folder.path() + "/folder.keras/inside");
  const std::size_t before = files_in(folder.path());
  EXPECT_TRUE(
      expect::error<IoError>([&] { model.save(file + "/m.keras"); }, {"save_model \"", "file/m.keras\"", "folder"}));
  EXPECT_TRUE(expect::error<IoError>([&] { model.save(folder.path() + "/folder.keras"); },
                                     {"save_model \"", "folder.keras\"", "not that of a folder"}));
  EXPECT_TRUE(expect::error<IoError>([&] { model.save_weights(folder.path() + "/missing/m.weights.h5"); },
                                     {"save_weights \"", "m.weights.h5\"", "folder exists"}));
  EXPECT_EQ(files_in(folder.path()), before);
  EXPECT_EQ(slurp(file), "x");
}

}  // namespace

#endif
