// A process in the form of nf-core's modules. Not run by the tests of segtile, which have no Nextflow.
process SEGTILE_INFER {
    tag "${meta.id}"
    label 'process_high'

    // Build it from apptainer/segtile.def beside this folder, and put it where your cluster keeps images.
    container "${params.segtile_container ?: 'segtile.sif'}"

    input:
    tuple val(meta), path(slide)
    path model

    output:
    tuple val(meta), path("${prefix}/*.mask.ome.tif"), emit: mask
    tuple val(meta), path("${prefix}/*.preview.jpg"),  emit: preview, optional: true
    tuple val(meta), path("${prefix}/*.objects.*"),    emit: objects, optional: true
    tuple val(meta), path("${prefix}/*.run.json"),     emit: record
    path "versions.yml",                               emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    segtile infer ${slide} --model ${model} --output ${prefix} --workers ${task.cpus} --no-history --quiet ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        segtile: \$(segtile --version)
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}
    touch ${prefix}/${meta.id}.mask.ome.tif ${prefix}/${meta.id}.preview.jpg ${prefix}/${meta.id}.run.json

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        segtile: \$(segtile --version)
    END_VERSIONS
    """
}
