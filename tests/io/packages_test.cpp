// Custom classes that are registered as "package>name", as Keras's register_keras_serializable does.
#ifdef LAMINA_HAVE_KERAS_FILES

#include <lamina/io/hdf5_reader.hpp>
#include <lamina/io/json.hpp>
#include <lamina/io/zip_archive.hpp>

#include "support/expect.hpp"
#include "support/load_model.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

struct Scale : Layer<float> {
  std::string class_name() const override { return "my>Scale"; }
  void build(const Shape& input) override { factor = add_weight("factor", {input.back()}, RandomNormal()); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * factor; }
  Variable<float> factor;
};

TEST(Packages, ClassesHaveTheNamesAndGroupsOfKeras) {
  const lamina::testing_support::TemporaryFolder folder;
  const std::string weights = folder.path() + "/m.weights.h5", path = folder.path() + "/m.keras";
  clear_session();
  const Sequential model{Input({3}), Scale(), Dense(2), Scale()};
  EXPECT_EQ(model.layers()[0]->name(), "scale");
  EXPECT_EQ(model.layers()[2]->name(), "scale_1");
  model.save_weights(weights);
  const detail::Hdf5Reader file(weights, std::make_unique<detail::FileBytes>(weights, weights));
  for (const char* group : {"layers/scale/vars", "layers/scale_1/vars", "layers/dense/vars"})
    EXPECT_TRUE(file.is_group(group)) << group;

  model.save(path);
  const Config config =
      detail::parse_json("config.json", detail::ZipArchive(path, path).read("config.json", 1U << 20U));
  const Config& described = config.at("config").at("layers")[1];
  EXPECT_EQ(described.at("class_name"), Config("Scale"));
  EXPECT_EQ(described.at("registered_name"), Config("my>Scale"));
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(path); }, {"m.keras", "\"my>Scale\""}));
  const auto same = load_model<float>(path, {.custom_objects = {custom_object<Scale>("my>Scale")}});
  const Tensor<float> x = expect::scattered<float>({4, 3});
  EXPECT_TRUE(expect::same(same->predict(x), model.predict(x)));
}

}  // namespace

#endif
