<?php

/**
 * What was written here and has not reached the server yet.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
?>
<?php if ($view['waiting'] !== array()) : ?>
	<ul class="kd-rows kd-waiting" data-waiting="<?php echo (int) count($view['waiting']); ?>">
		<?php foreach ($view['waiting'] as $item) : ?>
			<li>
				<div class="kd-row-main">
					<strong dir="auto"><?php echo esc_html($item['body']['subject'] ?? wp_html_excerpt($item['body']['body'], 80, '…')); ?></strong>
					<span class="kd-soft">
						<?php if ($item['failed'] === '') : ?>
							<?php esc_html_e('Waiting, will be sent by itself', 'keydesk-bridge'); ?>
						<?php else : ?>
							<?php esc_html_e('Could not be sent:', 'keydesk-bridge'); ?> <?php echo esc_html($view['words']->problem($item['failed'])); ?>
						<?php endif; ?>
					</span>
					<?php if ($item['failed'] !== '') : ?>
						<details><summary><?php esc_html_e('Your text', 'keydesk-bridge'); ?></summary><div class="kd-prose" dir="auto"><?php echo $html->prose($item['body']['body']); ?></div></details>
					<?php endif; ?>
				</div>
				<div class="kd-row-side">
					<?php if ($item['failed'] !== '') : ?>
						<?php echo $html->open('again', array('item_id' => $item['id'])); ?><button class="button"><?php esc_html_e('Send again', 'keydesk-bridge'); ?></button></form>
					<?php endif; ?>
					<?php echo $html->open('drop', array('item_id' => $item['id'])); ?><button class="button-link button-link-delete"><?php esc_html_e('Do not send', 'keydesk-bridge'); ?></button></form>
				</div>
			</li>
		<?php endforeach; ?>
	</ul>
	<?php if (in_array('', array_column($view['waiting'], 'failed'), true)) : ?>
	<?php echo $html->open('sync', array(), 'kd-after'); ?><button class="button"><?php esc_html_e('Try now', 'keydesk-bridge'); ?></button></form>
	<?php endif; ?>
<?php endif; ?>
