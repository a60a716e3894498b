#ifdef LAMINA_HAVE_KERAS_FILES

#include <lamina/io/model_json.hpp>
#include <lamina/io/zip_archive.hpp>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/load_model.hpp"

using namespace lamina;

namespace {

struct Scaled : Layer<float> {
  struct Arguments {
    double factor = 2;
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("factor", self.factor);
    }
  };
  explicit Scaled(Arguments a) : arguments(a) {}
  std::string class_name() const override { return "Scaled"; }
  Config get_config() const override { return config_with(arguments); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * arguments.factor; }
  Arguments arguments;
};

/// The config.json of a .keras file.
std::string config_json(const std::string& path) {
  return detail::ZipArchive(path, path).read("config.json", std::uint64_t{1} << 20U);
}

/// Expects the members of `written` that `keras` has too to be equal, and what names a class to be there.
void expect_described_alike(const Config& written, const Config& keras, const std::string& where) {
  if (keras.is_map() && keras.find("class_name") != nullptr && written.is_map())
    for (const char* member : {"module", "class_name", "registered_name"}) {
      ASSERT_NE(written.find(member), nullptr) << where << " lacks " << member;
      EXPECT_EQ(written.at(member), keras.at(member)) << where << ": " << member;
    }
  if (keras.is_list() && written.is_list() && keras.size() == written.size()) {
    for (std::size_t i = 0; i < keras.size(); ++i) expect_described_alike(written[i], keras[i], text(where, "/", i));
  } else if (keras.is_map() && written.is_map()) {
    for (const Config::Member& m : written.members())
      if (const Config* other = keras.find(m.first); other != nullptr && m.first != "dtype")
        expect_described_alike(m.second, *other, text(where, "/", m.first));
  } else {
    EXPECT_EQ(written, keras) << where << ": " << written.to_string() << ", Keras: " << keras.to_string();
  }
}

TEST(ModelJson, IsWrittenAsKerasWritesIt) {
  const std::string path = lamina::testing_support::golden_file("files/200_cnn_bn/model.keras"),
                    json = config_json(path);
  const auto model = model_from_json<float>(json);
  EXPECT_TRUE(model->built());
  EXPECT_FALSE(model->compiled());
  const Config written = detail::parse_json("to_json", model->to_json());
  expect_described_alike(written, detail::parse_json("config.json", json), "");
  EXPECT_EQ(written.at("config").at("layers").size(), 11U);
  EXPECT_EQ(written.at("build_config").at("input_shape").to_string(), "[null, 14, 12, 3]");
}

TEST(ModelJson, DescribesAModelWithoutItsWeights) {
  const auto loaded = load_model<float>(lamina::testing_support::golden_file("files/200_cnn_bn/model.keras"));
  const auto model = model_from_json<float>(loaded->to_json());
  const Tensor<float> x = expect::scattered<float>({2, 14, 12, 3});
  EXPECT_FALSE(expect::same(model->predict(x), loaded->predict(x)));
  model->set_weights(loaded->get_weights());
  EXPECT_TRUE(expect::same(model->predict(x), loaded->predict(x)));
  EXPECT_EQ(model->to_json(), loaded->to_json());
}

TEST(ModelJson, ACompiledModelIsCompiled) {
  clear_session();
  Sequential model{Input({3}), Dense(4, "tanh"), Dense(1)};
  model.compile({.optimizer = Adam({.learning_rate = 0.02, .amsgrad = true}), .loss = "mse", .metrics = {"mae"}});
  const auto again = model_from_json<float>(model.to_json());
  ASSERT_TRUE(again->compiled());
  EXPECT_EQ(again->optimizer().class_name(), std::string("Adam"));
  EXPECT_EQ(again->optimizer().learning_rate(), 0.02);
  EXPECT_EQ(again->optimizer().steps(), 0);
  EXPECT_EQ(again->to_json(), model.to_json());

  model.compile(
      {.optimizer = "sgd", .loss = [](const auto& y, const auto& p) { return mean(abs(y - p), {.axes = {-1}}); }});
  EXPECT_TRUE(expect::error<ValueError>([&] { model.to_json(); }, {"function as a loss"}));
}

TEST(ModelJson, GraphsAndUnbuiltModels) {
  clear_session();
  Dense shared(4);
  const auto a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  const Model graph({a, b}, std::vector{shared(a), shared(b)} | Concatenate() | Dense(2));
  const auto again = model_from_json<float>(graph.to_json());
  EXPECT_EQ(again->input_names(), (std::vector<std::string>{"a", "b"}));
  again->set_weights(graph.get_weights());
  const Tensor<float> x = expect::scattered<float>({5, 3}, 1), y = expect::scattered<float>({5, 3}, 2);
  EXPECT_TRUE(expect::same(again->predict({x, y}), graph.predict({x, y})));

  const Sequential unbuilt{Dense(2)};
  EXPECT_FALSE(model_from_json<float>(unbuilt.to_json())->built());
}

TEST(ModelJson, CustomClassesArePassed) {
  const Sequential model{Input({3}), Scaled({.factor = 3})};
  const std::string json = model.to_json();
  EXPECT_NE(json.find("\"registered_name\": \"Custom>Scaled\""), std::string::npos);
  EXPECT_TRUE(expect::error<ValueError>([&] { model_from_json<float>(json); },
                                        {"\"Custom>Scaled\"", "register_custom_object"}));
  const auto again = model_from_json<float>(json, {.custom_objects = {custom_object<Scaled>("Scaled")}});
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(again->predict(x), model.predict(x)));
}

TEST(ModelJson, ReadsKeras2) {
  const auto model = model_from_json<float>(
      R"({"class_name": "Sequential", "keras_version": "2.1.6", "config": [{"class_name": "Dense", "config":
          {"name": "dense_1", "batch_input_shape": [null, 3], "units": 2, "activation": "relu", "dtype": "float32"}}]})");
  EXPECT_EQ(model->compute_output_shape({None, 3}), (Shape{None, 2}));
}

TEST(ModelJson, RejectsOtherTexts) {
  const auto read = [](const char* json) { return [json] { model_from_json<float>(json); }; };
  EXPECT_TRUE(expect::error<IoError>(read(""), {"model_from_json", "expected JSON"}));
  EXPECT_TRUE(expect::error<IoError>(read("{\"class_name\": "), {"model_from_json", "expected JSON", "byte"}));
  EXPECT_TRUE(expect::error<IoError>(read("[1, 2]"), {"model_from_json", "class_name", "[1, 2]"}));
  EXPECT_TRUE(expect::error<IoError>(read(R"({"class_name": "Dense", "config": {"units": 2}})"),
                                     {"model_from_json", "expected a model", "Dense"}));
  EXPECT_TRUE(expect::error<ValueError>(read(R"({"class_name": "Sequental", "config": {"layers": []}})"),
                                        {"model_from_json", "Sequental"}));
}

}  // namespace

#endif
