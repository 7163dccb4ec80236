using Herd.Silo.Tenants;

namespace Herd.Silo.Tests.Tenants;

public sealed class AdmissionTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void All_places_can_be_taken_and_no_more()
    {
        var admission = new Admission(2, _time);

        Assert.True(admission.TryEnter("a"));
        Assert.True(admission.TryEnter("b"));
        Assert.False(admission.TryEnter("c"));
    }

    [Fact]
    public void A_place_given_back_can_be_taken_again()
    {
        var admission = new Admission(1, _time);
        admission.TryEnter("a");

        admission.Leave("a");
        admission.Leave("a");

        Assert.True(admission.TryEnter("b"));
        Assert.False(admission.TryEnter("c"));
    }

    [Fact]
    public void A_request_takes_one_place_however_often_it_asks()
    {
        var admission = new Admission(2, _time);

        Assert.True(admission.TryEnter("a"));
        Assert.True(admission.TryEnter("a"));

        Assert.True(admission.TryEnter("b"));
        Assert.True(admission.TryEnter("a"));
    }

    [Fact]
    public void A_place_that_is_never_given_back_falls_free_after_a_while()
    {
        var admission = new Admission(1, _time);
        admission.TryEnter("lost");

        _time.Advance(Admission.Lifetime - TimeSpan.FromTicks(1));
        Assert.False(admission.TryEnter("b"));
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.True(admission.TryEnter("b"));
    }
}
