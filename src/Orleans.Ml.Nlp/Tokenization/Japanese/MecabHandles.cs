using Microsoft.Win32.SafeHandles;

namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>An opened dictionary with its costs. Any thread may use it.</summary>
internal sealed class MecabModel() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        MecabLibrary.DestroyModel(handle);
        return true;
    }
}

/// <summary>What searches a lattice for the best path. One thread at a time.</summary>
internal sealed class MecabTagger() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        MecabLibrary.DestroyTagger(handle);
        return true;
    }
}

/// <summary>A sentence and all words that may be in it. One thread at a time.</summary>
internal sealed class MecabLattice() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        MecabLibrary.DestroyLattice(handle);
        return true;
    }
}
