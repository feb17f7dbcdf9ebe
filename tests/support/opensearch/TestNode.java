import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;

import java.util.stream.IntStream;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs one node of a test cluster on the loopback interface until the process that started the tests ends.
 *
 * Arguments: its number from 1, the number of nodes, the process to outlive by no more than a second, its folder, then the HTTP
 * ports and the transport ports of all nodes, each separated by commas.
 */
public class TestNode {
    public static void main(String[] args) throws Exception {
        int number = Integer.parseInt(args[0]);
        int nodes = Integer.parseInt(args[1]);
        long owner = Long.parseLong(args[2]);
        String[] http = args[4].split(",");
        String[] transport = args[5].split(",");
        OpenSearchRunner runner = new OpenSearchRunner();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
        runner.onBuild((index, settings) -> {
            settings.put("node.name", "node-" + number);
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", http[number - 1]);
            settings.put("transport.port", transport[number - 1]);
            settings.put("discovery.type", "zen"); // else the runner makes each process a cluster of its own
            settings.putList("discovery.seed_hosts", IntStream.range(0, nodes).mapToObj(i -> "127.0.0.1:" + transport[i]).toList());
            settings.putList("cluster.initial_cluster_manager_nodes", IntStream.rangeClosed(1, nodes).mapToObj(i -> "node-" + i).toList());
            settings.put("cluster.routing.allocation.disk.threshold_enabled", "false"); // a full disk of the tester's is no fault
            settings.put("node.store.allow_mmap", "false"); // vm.max_map_count is often too low
            settings.put("action.auto_create_index", "false");
            settings.put("indices.breaker.total.use_real_memory", "false");
        }).build(newConfigs().clusterName("feed-search-tests").numOfNode(1).basePath(args[3]));
        while (ProcessHandle.of(owner).map(ProcessHandle::isAlive).orElse(false)) {
            Thread.sleep(1000);
        }
        Runtime.getRuntime().halt(0);
    }

    private static void close(OpenSearchRunner runner) {
        try {
            runner.close();
        } catch (Exception error) {
            Runtime.getRuntime().halt(1);
        }
    }
}
