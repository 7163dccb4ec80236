using System.Reflection;
using Herd.Silo.Hosting;
using Herd.Silo.Placement;

namespace Herd.Silo.Tests.Hosting;

public sealed class PlacementTests
{
    [Fact]
    public void Every_grain_says_that_it_lives_with_devices()
    {
        var grains = typeof(SiloHosting).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(Grain)) && !type.IsAbstract).ToArray();

        Assert.NotEmpty(grains);
        Assert.All(grains, grain => Assert.True(
            grain.GetCustomAttribute<DevicePlacementAttribute>() is not null || grain.GetCustomAttribute<PinnedPlacementAttribute>() is not null,
            $"{grain.Name} has neither placement."));
    }
}
