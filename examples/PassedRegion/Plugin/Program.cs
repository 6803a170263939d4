// Counts the primes below the numbers that it is sent. It is started by Host, confined as far as the machine permits: at best without a
// network, other processes and shared memory but for the two topics that it is given. Files that all may read it can still read.

using System.Text;
using ShmBus;

if (args is ["--try"])
{
    return; // The host wants to know whether it can be started so.
}

using RegionClient host = ChildRegion.Open();
using Subscriber work = host.CreateSubscriber("work");
using Publisher answers = host.CreatePublisher("answers");

try
{
    while (true)
    {
        Message request = work.Read();
        int limit = int.Parse(Encoding.UTF8.GetString(request.Payload)); // Dies of what is no number.
        answers.Publish(BitConverter.GetBytes(CountPrimes(limit)), request.Type);
    }
}
catch (PeerLostException)
{
    // The host is gone, or has no more work.
}

static int CountPrimes(int limit)
{
    int count = 0;
    for (int number = 2; number < limit; number++)
    {
        int divisor = 2;
        while (number % divisor != 0)
        {
            divisor++;
        }
        count += divisor == number ? 1 : 0;
    }
    return count;
}
