using ShmBus.Tests.House.Samples.Lower;

namespace ShmBus.Tests.House;

/// <summary>A namespace is a layer, and an arrow only ever points down.</summary>
internal sealed class LayerTests
{
    // From the bottom to the top.
    private static readonly string[] Layers =
        ["ShmBus.Native", "ShmBus.Regions", "ShmBus.Rings", "ShmBus.Endpoints", "ShmBus.Waiting", "ShmBus.Async", "ShmBus.Passing", "ShmBus.Serialization", "ShmBus"];

    private static readonly string[] SampleLayers = ["ShmBus.Tests.House.Samples.Lower", "ShmBus.Tests.House.Samples.Upper"];

    private static readonly IReadOnlyCollection<TypeReference> References = TypeReferenceScanner.Scan(typeof(Topic).Assembly.Location);

    [Test]
    public void No_layer_refers_to_one_above() => Assert.That(PointingUp(References, Layers), Is.Empty);

    [Test]
    public void Every_namespace_is_a_layer() =>
        Assert.That(typeof(Topic).Assembly.GetTypes().Select(static type => type.Namespace ?? "")
            .Where(static name => name.StartsWith("ShmBus", StringComparison.Ordinal)).Distinct(), Is.SubsetOf(Layers));

    [Test]
    public void Rings_know_no_system_call_and_of_regions_only_the_layout()
    {
        TypeName[] known = [.. References.Where(static reference => reference.From.Namespace == "ShmBus.Rings").Select(static reference => reference.To).Distinct()];
        Assert.That(known, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            Assert.That(known.Where(static type => type.Namespace == "ShmBus.Native"), Is.Empty);
            Assert.That(known.Where(static type => type.Namespace == "ShmBus.Regions" && type.Name.Length > 0).Select(static type => type.Name),
                Is.SubsetOf(["RegionDescriptor", "RegionGeometry"]));
        });
    }

    [Test]
    public void Upside_down_every_layer_that_uses_another_is_reported()
    {
        IEnumerable<(string, string)> found = PointingUp(References, [.. Layers.Reverse()])
            .Select(static reference => (reference.From.Namespace, reference.To.Namespace)).Distinct();
        Assert.That(found, Is.SupersetOf(new[]
        {
            ("ShmBus.Regions", "ShmBus.Native"), ("ShmBus.Rings", "ShmBus.Regions"), ("ShmBus.Endpoints", "ShmBus.Rings"),
            ("ShmBus.Waiting", "ShmBus.Rings"), ("ShmBus", "ShmBus.Waiting"), ("ShmBus", "ShmBus.Endpoints"),
        }));
    }

    [TestCase(typeof(ByBaseType), "base type")]
    [TestCase(typeof(ByInterface), "interface")]
    [TestCase(typeof(ByConstraint<>), "constraint on the type")]
    [TestCase(typeof(ByField), "type of field Value")]
    [TestCase(typeof(ByTypeArgument), "type of field Values")]
    [TestCase(typeof(ByPointer), "type of field Address")]
    [TestCase(typeof(ByFunctionPointer), "type of field Function")]
    [TestCase(typeof(ByProperty), "signature of get_Value")]
    [TestCase(typeof(ByParameter), "signature of Take")]
    [TestCase(typeof(ByResult), "signature of Make")]
    [TestCase(typeof(ByMethodConstraint), "constraint on Take")]
    [TestCase(typeof(ByLocal), "local in Use")]
    [TestCase(typeof(ByCall), "code of Use")]
    [TestCase(typeof(ByGenericCall), "code of Use")]
    [TestCase(typeof(ByCallOfGenericType), "code of Use")]
    [TestCase(typeof(ByLambda), "code of <Use>b__0_0")]
    [TestCase(typeof(ByTypeOf), "code of Use")]
    [TestCase(typeof(ByCatch), "catch in Use")]
    [TestCase(typeof(ByAttribute), "attribute on the type")]
    [TestCase(typeof(ByAttributeOfParameter), "attribute on Take")]
    [TestCase(typeof(ByAttributeArgument), "argument of an attribute on the type")]
    [TestCase(typeof(ByConstant), "using")]
    public void An_arrow_that_points_up_is_found(Type type, string how)
    {
        IEnumerable<TypeReference> found = PointingUp(TypeReferenceScanner.Scan(typeof(LayerTests).Assembly.Location), SampleLayers);
        Assert.That(found.Where(reference => reference.From.Name == type.Name).Select(static reference => reference.How), Does.Contain(how));
    }

    private static IEnumerable<TypeReference> PointingUp(IEnumerable<TypeReference> references, string[] layers) =>
        references.Where(reference =>
        {
            int from = Array.IndexOf(layers, reference.From.Namespace);
            int to = Array.IndexOf(layers, reference.To.Namespace);
            return from >= 0 && to > from;
        });
}
