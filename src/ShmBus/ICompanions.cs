using ShmBus.Regions;

namespace ShmBus;

/// <summary>Regions that an endpoint works with beside its own.</summary>
internal interface ICompanions
{
    /// <summary>Brings what was written in them as far as asked.</summary>
    void Flush(Durability durability);

    /// <summary>Gives their slots back.</summary>
    void Release();

    /// <summary>Takes their memory away.</summary>
    void Unmap();
}
