// ctest: --epochs 1
// Forecasts a noisy time series with an LSTM, and compares the error with two baselines. Writes sequence.gnuplot and, if
// gnuplot is installed, sequence.png: the signal and its forecast.
//   sequence [--epochs N]
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <lamina/lamina.hpp>
#include <string_view>

using namespace lamina;

constexpr Index length = 48, ahead = 12;  // steps in an input sequence; steps from its end to the forecast
constexpr Index season = 25;              // period of the larger wave, in steps
constexpr float noise = 0.15f;

// A wave, an amplitude-modulated wave, and noise.
Tensor<float> signal(Index count) {
  const Eigen::ArrayXf t = Eigen::ArrayXf::LinSpaced(count, 0, static_cast<float>(count - 1));
  const Tensor<float> waves = (t / 4).sin() + (t / 2.3f).cos() * (t / 90).sin();
  return waves + noise * random_normal({count});
}

// Every window of `length` steps, (windows, length, 1), and the value `ahead` steps after its end, (windows, 1).
Samples<float> windows(const Tensor<float>& series) {
  std::vector<Index> inputs, targets;
  for (Index first = 0; first + length + ahead <= series.size(); ++first) {
    for (Index step = 0; step < length; ++step) inputs.push_back(first + step);
    targets.push_back(first + length + ahead - 1);
  }
  return {reshape(gather(series, inputs), {-1, length, 1}), reshape(gather(series, targets), {-1, 1})};
}

double rmse(const Tensor<float>& a, const Tensor<float>& b) { return std::sqrt(mean(square(a - b)).item()); }

// Writes a gnuplot script that plots the signal and the forecast.
void write_plot(const char* path, const Tensor<float>& actual, const Tensor<float>& forecast) {
  std::ofstream file(path);
  file << "$points << END\n";
  for (Index i = 0; i < actual.size(); ++i) file << actual[i] << " " << forecast[i] << "\n";
  file << "END\nset terminal png size 1200, 400\nset output 'sequence.png'\n"
       << "plot $points using 1 with points pointtype 7 pointsize 0.5 title 'signal', "
       << "$points using 2 with lines linewidth 2 title 'forecast, " << ahead << " steps ahead'\n";
}

int main(int argc, char** argv) {
  Index epochs = 20;
  if (argc > 2 && argv[1] == std::string_view("--epochs")) epochs = std::atoi(argv[2]);
  const Tensor<float> series = signal(4000);
  const Samples<float> train = windows(series.rows_view(0, 3500)), test = windows(series.rows_view(3500, 4000));

  Sequential model{Input({length, 1}), LSTM(32), Dense(1)};
  model.compile({.optimizer = Adam({.learning_rate = 3e-3}), .loss = "mse"});
  model.fit(train.x, train.y, {.epochs = epochs, .validation_split = 0.1});

  const Tensor<float> forecast = model.predict(test.x);
  const auto input_step = [&](Index step) { return reshape(slice(test.x, {0, step, 0}, {-1, 1, 1}), {-1, 1}); };
  std::cout << "RMSE of the forecast " << ahead << " steps ahead: " << rmse(forecast, test.y)
            << " (persistence baseline: " << rmse(input_step(length - 1), test.y)
            << ", seasonal baseline: " << rmse(input_step(length + ahead - 1 - season), test.y)
            << ", noise floor: " << noise << ")\n";

  write_plot("sequence.gnuplot", test.y, forecast);
  std::cout << (std::system("gnuplot sequence.gnuplot") == 0
                    ? "See sequence.png.\n"
                    : "gnuplot is not installed: sequence.png was not written.\n");
}
