using System.Diagnostics.Metrics;
using System.Threading.Channels;

namespace Orleans.Ml.Inference.Tests;

/// <summary>A meter factory of one test, with its measurements as events.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<double>> _values = [];
    private readonly Channel<string> _recorded = Channel.CreateUnbounded<string>();
    private readonly List<Meter> _meters = [];

    public TestMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            lock (_gate)
            {
                if (_meters.Contains(instrument.Meter))
                    listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Record(instrument.Name, value));
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Record(instrument.Name, value));
        _listener.Start();
    }

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        lock (_gate)
            _meters.Add(meter);
        return meter;
    }

    /// <summary>What a counter or histogram has recorded.</summary>
    public double[] Recorded(string instrument)
    {
        lock (_gate)
            return [.. _values.GetValueOrDefault(instrument, [])];
    }

    /// <summary>What a gauge shows now.</summary>
    public double Shown(string instrument)
    {
        _listener.RecordObservableInstruments();
        return Recorded(instrument)[^1];
    }

    /// <summary>Waits for the next document whose slot has become free because the worker has it.</summary>
    public async Task WaitForSentAsync()
    {
        while (await _recorded.Reader.ReadAsync().AsTask().WaitAsync(Given.Patience) != "ml.inference.queue.duration")
        {
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var meter in _meters)
            meter.Dispose();
    }

    private void Record(string name, double value)
    {
        lock (_gate)
        {
            if (!_values.TryGetValue(name, out var values))
                _values[name] = values = [];
            values.Add(value);
        }

        _recorded.Writer.TryWrite(name);
    }
}
