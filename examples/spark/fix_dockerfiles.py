"""Rewrites a dataset of Dockerfiles on a Spark cluster.

    spark-submit fix_dockerfiles.py --input 'hdfs://…/dockerfiles.jsonl' --output 'hdfs://…/fixed'

The dataset has a row for each Dockerfile, with the columns `path` and `content`: JSON Lines, Parquet, or, with
`--input-format text`, the files themselves. Each partition is piped through one process of `dopt fix --jsonl`, which
has to be installed on every machine. Beside the results, `--output` gets a summary by rule.
"""

import argparse
import json
import os
import shlex

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# What of a result is used here; `dopt fix --jsonl` says more, see the README.
SCHEMA = """
    path STRING, line BIGINT, changed BOOLEAN, content STRING,
    changes ARRAY<STRUCT<rule: STRING, title: STRING, safety: STRING, line: BIGINT>>,
    hidden ARRAY<STRUCT<rule: STRING, title: STRING, safety: STRING, caveat: STRING, line: BIGINT>>,
    refusals ARRAY<STRUCT<rule: STRING, code: STRING, message: STRING, line: BIGINT>>,
    problems ARRAY<STRUCT<message: STRING, line: BIGINT>>,
    error STRUCT<code: STRING, message: STRING>
"""


def read(spark: SparkSession, path: str, kind: str) -> DataFrame:
    """A row for each Dockerfile: `path` and `content`."""
    if kind == "text":
        files = spark.read.text(path, wholetext=True)
        return files.select(F.input_file_name().alias("path"), F.col("value").alias("content"))
    if kind == "parquet":
        return spark.read.parquet(path).select("path", "content")
    return spark.read.schema("path STRING, content STRING").json(path)


def fix(spark: SparkSession, dockerfiles: DataFrame, dopt: str, options: str) -> DataFrame:
    """What became of each of them."""
    # A partition has a core of its own, so one thread is enough.
    command = shlex.join([dopt, "fix", "--jsonl", "--isolated", "--jobs", "1"]) + " " + options
    # Without one, Spark starts programs in an empty environment, which finds them in /bin and /usr/bin only.
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    # Spark ends lines with \\n, and JSON has none within a line.
    answers = dockerfiles.toJSON().pipe(command, env=environment, checkCode=True)
    return spark.read.schema(SCHEMA).json(answers)


def by_rule(results: DataFrame) -> DataFrame:
    """How often each rule changed something, would with --unsafe-fixes, and left something alone."""
    columns = {"changes": "fixes", "hidden": "hidden", "refusals": "left_alone"}
    counted = None
    for column, name in columns.items():
        found = results.select(F.explode(column).alias("found")).groupBy("found.rule").agg(F.count("*").alias(name))
        counted = found if counted is None else counted.join(found, "rule", "full")
    return counted.na.fill(0).orderBy("rule")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", required=True)
    parser.add_argument("--input-format", choices=["json", "parquet", "text"], default="json")
    parser.add_argument("--output", required=True)
    parser.add_argument("--partitions", type=int, help="into how many parts the dataset is cut")
    parser.add_argument("--dopt", default="dopt", help="the program, on every machine")
    parser.add_argument("--options", default="", help="more options for dopt fix, such as --unsafe-fixes")
    args = parser.parse_args()

    spark = SparkSession.builder.appName("dopt").getOrCreate()
    dockerfiles = read(spark, args.input, args.input_format)
    if args.partitions:
        dockerfiles = dockerfiles.repartition(args.partitions)
    results = fix(spark, dockerfiles, args.dopt, args.options)
    results.write.mode("overwrite").parquet(f"{args.output}/results")

    results = spark.read.parquet(f"{args.output}/results")
    summary = by_rule(results)
    summary.coalesce(1).write.mode("overwrite").json(f"{args.output}/by_rule")
    failed = (F.col("error").isNotNull() | (F.size("problems") > 0)).cast("int")
    counts = results.agg(
        F.count("*").alias("files"), F.sum(F.col("changed").cast("int")).alias("changed"), F.sum(failed).alias("failed")
    )
    summary.show(100, truncate=False)
    print(json.dumps(counts.first().asDict()))
    spark.stop()


if __name__ == "__main__":
    main()
